"""Recovery takes the changelog in the order of the log, and ignores who had lost the partition."""

from stream.partition import MARKER_KEY, Epoch, Partition, Stamp, head_of, read, write, write_marker

OLD, NEW = Epoch(0, 5), Epoch(0, 6)


def recovered(*records: tuple[bytes, bytes | None]) -> Partition:
    partition = Partition()
    for key, value in records:
        partition.apply(key, value)
    return partition


def state(epoch: Epoch, group: int, value: bytes) -> bytes:
    return write(head_of(Stamp(epoch, group)), (value, 1000))


def marker(epoch: Epoch, group: int = 1, clock_ms: int | None = 7) -> bytes:
    return write_marker(Stamp(epoch, group), clock_ms, {"labs": 9})


def test_a_state_comes_back_as_it_was_written() -> None:
    """Byte for byte, even where it holds what looks like a header."""
    kept, due_ms = b'{"a":{"state":1},"state":{"b":[]}}', 1_772_323_200_000

    stamp, head, value = read(write(head_of(Stamp(NEW, 3)), (kept, due_ms)))

    assert (stamp, head["due_ms"], value) == (Stamp(NEW, 3), due_ms, kept)


def test_the_last_state_of_an_owner_counts() -> None:
    """The log is its order."""
    partition = recovered((b"p", state(OLD, 1, b"{}")), (b"p", state(OLD, 2, b'{"n":2}')))

    assert partition.states == {b"p": (b'{"n":2}', 1000)}


def test_a_state_of_an_owner_that_had_lost_the_partition_is_ignored() -> None:
    """It was paused past its session, woke up, and wrote what it remembered."""
    partition = recovered(
        (b"p", state(OLD, 8, b'{"n":8}')),
        (MARKER_KEY, marker(NEW)),
        (b"p", state(OLD, 9, b'{"n":9}')),
    )

    assert partition.states[b"p"][0] == b'{"n":8}'
    assert partition.ignored == 1


def test_an_old_batch_that_lands_last_is_ignored() -> None:
    """A connection that broke may deliver a group after the one that followed it."""
    partition = recovered((b"p", state(NEW, 2, b'{"n":2}')), (b"p", state(NEW, 1, b'{"n":1}')))

    assert partition.states[b"p"][0] == b'{"n":2}'


def test_a_marker_brings_the_clock_and_no_state() -> None:
    """The latest tick that was taken, so that time goes on from there."""
    partition = recovered((MARKER_KEY, marker(NEW, clock_ms=123)))

    assert (partition.clock_ms, partition.highest, partition.states) == (123, NEW, {})
    assert partition.positions == {"labs": 9}


def test_a_marker_of_before_positions_were_kept_says_nothing_of_them() -> None:
    old = b'{"epoch":[0,6],"group":1,"clock_ms":7}'

    assert recovered((MARKER_KEY, old)).positions == {}


def test_a_removed_state_is_gone() -> None:
    """A tombstone removes it."""
    partition = recovered((b"p", state(NEW, 1, b"{}")), (b"p", None))

    assert partition.states == {}


def test_the_next_owner_has_a_higher_epoch() -> None:
    """Also where the member returns in the same generation, and where the group was forgotten."""
    assert Epoch(0, 5).next(6) == Epoch(0, 6)
    assert Epoch(0, 5) < Epoch(0, 5).next(5) == Epoch(1, 5)
    assert Epoch(0, 5) < Epoch(0, 5).next(1) == Epoch(1, 1)
    assert Epoch(1, 1) < Epoch(1, 1).next(2) == Epoch(1, 2)


def test_a_record_that_is_none_of_ours_is_passed_over() -> None:
    """Somebody wrote it by hand; every worker that recovers would end on it."""
    partition = recovered(
        (b"p", state(NEW, 1, b'{"n":1}')), (b"p", b"hello"), (b"q", b"\xff{"), (MARKER_KEY, None)
    )

    assert partition.states == {b"p": (b'{"n":1}', 1000)}


def test_a_state_is_as_old_as_its_record() -> None:
    """However often owners change, it is written anew before compaction reaches past it."""
    partition = Partition()
    partition.apply(b"p", state(NEW, 1, b"{}"), 5_000)
    partition.apply(b"p", state(NEW, 2, b"{}"), 7_000)
    partition.apply(b"p", state(OLD, 3, b"{}"), 9_000)

    assert partition.written_ms == {b"p": 7_000}
