"""What a judge of a round lets pass, and what not."""

import math
from types import SimpleNamespace

import pytest
from chaos import round as rounds
from chaos.delays import LATE_S, delays
from chaos.explaining import FELT_S, RESTARTS_S, Explaining
from chaos.faults import Done, Trouble
from chaos.round import WELL_WITHIN_S, unwell, well_again
from supervision import Supervised


def made(kind: str, began_s: float, ended_s: float, *, over_s: float = 0.0) -> Done:
    return Done(kind, began_s, ended_s, over_s=over_s or ended_s)


# How much of a wait is explained


def test_an_outage_explains_all_of_its_time_and_what_comes_after_it_once() -> None:
    """A worker that is killed beside it adds nothing to that."""
    wait = (90.0, 1_000.0)
    outage, kill = made("outage", 100, 700), made("worker_kill", 690, 690)

    assert Explaining([outage]).of(wait) == 600 + FELT_S
    assert Explaining([outage, kill]).of(wait) == 600 + FELT_S


@pytest.mark.parametrize("kind", ["worker_term", "worker_kill", "worker_joins", "leaders_move"])
def test_what_passes_by_itself_explains_one_restart(kind: str) -> None:
    assert Explaining([made(kind, 100, 101)]).of((90, 1_000)) == FELT_S + 1


def test_one_broker_of_three_that_is_gone_for_ten_minutes_explains_no_ten_minutes() -> None:
    """The others lead within seconds."""
    assert Explaining([made("broker_away", 100, 700)]).of((90, 1_000)) == 2 * FELT_S


def test_a_feed_and_what_had_no_effect_explain_nothing() -> None:
    moved = made("leaders_move", 100, 120)
    moved.is_made = False

    assert Explaining([made("late", 100, 300), moved]).of((90, 1_000)) == 0


# Lines that are late


def test_a_silence_of_minutes_is_late_though_workers_are_asked_to_end_all_the_while() -> None:
    """Nothing is graded for 400 s, and one of three ends politely every 15 s."""
    polite = [made("worker_term", at_s, at_s + 1) for at_s in range(1_000, 1_400, 15)]
    waited = [(float(sent_s), 1_400.0) for sent_s in range(1_000, 1_400, 10)]
    took = delays(waited, polite)

    assert took.longest_beyond_s == 400 - RESTARTS_S
    assert took.late == sum(1_400 - sent_s > RESTARTS_S + LATE_S for sent_s, _ in waited)
    assert took.late > len(waited) / 2


def test_a_line_that_waits_for_brokers_and_a_restart_after_them_is_not_late() -> None:
    outage, kill = made("outage", 100, 700), made("worker_kill", 710, 710)
    took = delays([(99.0, 699 + RESTARTS_S)], [outage, kill])

    assert took.late == 0
    assert took.longest_beyond_s == pytest.approx(RESTARTS_S - FELT_S - 10)


def test_a_line_that_no_fault_explains_is_late() -> None:
    took = delays([(0.0, LATE_S + 1), (0.0, LATE_S - 1)], [made("outage", 900, 901)])

    assert took.late == 1
    assert took.longest_undisturbed_s == took.longest_beyond_s == LATE_S + 1
    assert delays([(899.0, 900.0)], [made("outage", 900, 901)]).longest_undisturbed_s is None


def test_the_time_of_a_line_near_two_faults_is_neither_ones_alone() -> None:
    """What a feed repeats is no second fault: it keeps nobody waiting."""
    faults = [made("outage", 100, 200), made("worker_kill", 190, 200), made("late", 0, 600)]
    alone = made("worker_kill", 400, 400)
    took = delays([(90.0, 230.0), (399.0, 404.0), (10.0, 12.0)], [*faults, alone])

    assert took.longest_s == {"outage": 140.0, "worker_kill": 140.0, "late": 140.0}
    assert took.longest_alone_s == {"worker_kill": 5.0, "late": 2.0}


# Workers that are not well again


def test_workers_that_are_not_well_in_time_after_a_fault_are_counted() -> None:
    in_time = made("worker_kill", 100, 100, over_s=100 + WELL_WITHIN_S - 1)
    too_late = made("worker_kill", 300, 300, over_s=300 + WELL_WITHIN_S + 1)

    assert len(unwell([in_time, too_late])) == 1


def test_workers_need_not_be_well_while_another_fault_keeps_them() -> None:
    first = made("worker_kill", 100, 100, over_s=100 + WELL_WITHIN_S + 10)
    outage = made("outage", 101, 111)

    assert unwell([first, outage]) == []


def test_polite_faults_one_after_the_other_do_not_explain_workers_that_are_never_well() -> None:
    polite = [made("worker_term", at_s, at_s + 1) for at_s in range(110, 250, 10)]
    first = made("worker_term", 100, 100, over_s=100 + WELL_WITHIN_S + RESTARTS_S + 1)

    assert len(unwell([first, *polite])) == 1


def test_workers_that_were_given_up_are_counted_however_much_others_explain() -> None:
    kill = made("worker_kill", 100, 100, over_s=177.3)
    beside = [made("network_gone", 104, 112), made("connections_cut", 150, 150)]

    assert unwell([kill, *beside]) == []

    kill.is_well = False

    assert len(unwell([kill, *beside])) == 1


class Waiting:
    """Workers that are well at some moment, by a clock that moves when they are waited for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *faults: Done, well_at_s: float) -> None:
        self.first, self.now_s, self.well_at_s = faults[0], faults[0].ended_s, well_at_s
        self.trouble = Trouble(None, None, {}, done=list(faults))  # type: ignore[arg-type]
        self.undone_at_s = {each.kind: each.ended_s for each in faults}
        monkeypatch.setattr(rounds, "time", SimpleNamespace(time=lambda: self.now_s))
        monkeypatch.setattr(rounds, "well", self._well)

    async def until_over(self) -> list[str]:
        """Wait, as a round does; return what it finds once all faults are over."""
        self._look()
        self.first.is_well = await well_again(self.trouble, self.first)
        self.first.over_s = self.now_s
        for each in self.trouble.done:
            each.ended_s = self.undone_at_s[each.kind]
        return unwell(self.trouble.done)

    async def _well(self, _: Supervised, limit_s: float) -> bool:
        until_s = min(self.now_s + limit_s, max(self.well_at_s, self.now_s))
        self.now_s = until_s
        self._look()
        return until_s >= self.well_at_s

    def _look(self) -> None:
        """Let faults last until they are undone."""
        for each in self.trouble.done:
            undone_at_s = self.undone_at_s[each.kind]
            each.ended_s = undone_at_s if undone_at_s <= self.now_s else math.inf


NEVER_S = 1e9


@pytest.mark.parametrize(
    "beside",
    [
        [],
        [made("network_gone", 104, 112), made("connections_cut", 130, 130)],
        [made("disk_full", 104, 150)],
        [made("outage", 101, 701)],
        [made("broker_away", 101, 701)],
        [made("worker_long_stop", 101, 131)],
    ],
)
async def test_workers_that_are_never_well_are_given_up_and_counted(
    monkeypatch: pytest.MonkeyPatch, beside: list[Done]
) -> None:
    first = made("worker_kill", 100, 100)
    waiting = Waiting(monkeypatch, first, *beside, well_at_s=NEVER_S)

    assert len(await waiting.until_over()) == 1
    assert not first.is_well
    assert first.over_s < max([100.0, *(each.ended_s for each in beside)]) + 2 * RESTARTS_S


@pytest.mark.parametrize(
    ("kind", "ended_s", "well_at_s"),
    [
        ("outage", 701, 735),  # they come back, and start again after it
        ("disk_full", 180, 215),
        ("network_gone", 112, 160),
        ("broker_away", 701, 145),  # the others lead soon
        ("worker_long_stop", 131, 165),
    ],
)
async def test_workers_are_waited_for_while_a_fault_beside_keeps_them(
    monkeypatch: pytest.MonkeyPatch, kind: str, ended_s: float, well_at_s: float
) -> None:
    first = made("worker_kill", 100, 100)
    waiting = Waiting(monkeypatch, first, made(kind, 101, ended_s), well_at_s=well_at_s)

    assert await waiting.until_over() == []
    assert first.is_well
    assert first.over_s == well_at_s
