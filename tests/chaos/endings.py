"""How workers ended, against what was done to them."""

import builtins
import json
import re
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from aiokafka import errors
from chaos.explaining import AWAY, FELT_S, Span
from chaos.faults import Done, Process, Trouble

from stream.committer import CONFIRMED_WITHIN_S
from stream.ending import EX_SOFTWARE

ASKED: Final = frozenset({0, -signal.SIGTERM})  # the signal: before it was listened for
LAST_WORDS: Final = 160  # characters
A_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
NO_BROKER_STATUS: Final = 1
NO_BROKER: Final = "Error: STORMWATCH_KAFKA:"  # one that starts finds none, and says so
GONE_AGAIN: Final = "Error: KafkaConnectionError: KafkaConnectionError: Unable to bootstrap from"

NONE: Final[frozenset[str]] = frozenset()
STOPPED: Final = frozenset({"worker_stop", "worker_long_stop"})
# What keeps a worker from one of its brokers, be it for a moment.
OF_BROKERS: Final = AWAY | {"broker_kill", "broker_away", "connections_cut", "leaders_move"}
# One that starts asks nodes of which it has just heard, and one of them may be gone; who leads what
# is nothing to it.
OF_A_START: Final = OF_BROKERS - {"leaders_move"}
# This is said where none of the three addresses answered: one of three that is gone is left out.
OF_ALL_BROKERS: Final = AWAY | {"connections_cut"}
# Of Kafka, and said where brokers are away, though aiokafka does not try it again by itself.
OF_NO_BROKER: Final = frozenset(
    {
        errors.KafkaError,  # by that name alone: no broker tells of the cluster, or a sender failed
        errors.KafkaTimeoutError,
        errors.KafkaUnavailableError,
        errors.BrokerNotAvailableError,
        errors.ReplicaNotAvailableError,
    }
)
# The only ones that last for as long as a worker looks on while nothing gets on.
FOR_LONG: Final = frozenset({"outage"})


class Cause(NamedTuple):
    """What may bring a worker to end for a reason."""

    kinds: frozenset[str]
    within_s: float = 0.0  # what the worker itself waits for, after such a fault is felt no more
    is_error: bool = False  # of Kafka or of the network: the same words are said of any mistake
    own: frozenset[str] = NONE  # kinds that bring it about where they hit this very worker


# What a worker says, and what explains it. Whatever else it says nothing explains: these are checks
# of what must hold whatever brokers do, or of ends of its own that no fault may bring about.
CAUSES: Final = MappingProxyType(
    {
        "stood still for": Cause(NONE, own=STOPPED),
        "what is in memory can't be made durable": Cause(OF_BROKERS, CONFIRMED_WITHIN_S, True),
        # Ticks are written as groups are, and within the same limit.
        "a part of the worker failed: Ticker.run": Cause(OF_BROKERS, CONFIRMED_WITHIN_S, True),
        "what is assigned can't be recovered": Cause(OF_BROKERS, CONFIRMED_WITHIN_S, True),
        # A worker that was stopped within its session wakes up to a limit that is over.
        "what was taken is not durable after": Cause(OF_BROKERS, own=STOPPED),
        # Both are said once it has lasted for a session and a rebalance. Who is stopped holds up
        # the rebalance of the others.
        "out of its group for": Cause(OF_BROKERS | STOPPED, FELT_S),
        "asking for no metadata for": Cause(OF_BROKERS, FELT_S),
        "asked to assign partitions, and": Cause(OF_BROKERS),
        "a step of the recovery took longer": Cause(OF_BROKERS, FELT_S),
        "records of partition N wait, and none is taken": Cause(FOR_LONG),
        "can't be read, though brokers answer": Cause(FOR_LONG),
        "not ready for": Cause(FOR_LONG),
        NO_BROKER: Cause(OF_A_START),
        GONE_AGAIN: Cause(OF_ALL_BROKERS),  # it had found them, and looked at their topics
    }
)


class Said(NamedTuple):
    """Why a worker ended, in its own words without their numbers, and of which error if any."""

    reason: str
    error: str = ""


@dataclass(frozen=True)
class Ends:
    """How all of a round ended."""

    unexpected: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)  # of those that ended by themselves


def ends(trouble: Trouble, faults: Sequence[Done]) -> Ends:
    """Count why workers ended, and name those of which nothing that was done explains it."""
    found = Ends([*trouble.hung])
    for process, log in trouble.workers.stormwatch.started:
        status = process.poll()
        if status is None or _is_asked_for(trouble, process, status):
            continue
        text = log.read_text(errors="replace")
        reasons = list(_said(text, status))
        found.reasons.update(_named(each) for each in reasons)
        ended_s = log.stat().st_mtime  # its last line is that of its end
        if not reasons or not all(
            _is_explained(each, process, ended_s, faults) for each in reasons
        ):
            told = "; ".join(" ".join(filter(None, each)) for each in reasons)
            last = told or "".join(text.strip().splitlines()[-1:])
            found.unexpected.append(f"worker {log.stem} ended with {status}: {last[:LAST_WORDS]}")
    return found


def _is_asked_for(trouble: Trouble, process: Process, status: int) -> bool:
    if status == -signal.SIGKILL:
        return process in trouble.killed
    return status in ASKED and process in trouble.asked


def _said(text: str, status: int) -> Iterator[Said]:
    """Find why a worker ended; one that crashed says how it left, and not why."""
    if status == NO_BROKER_STATUS:
        yield from (Said(words) for words in (NO_BROKER, GONE_AGAIN) if words in text)
    if status != EX_SOFTWARE:
        return
    for line in text.splitlines():
        if '"worker_ends"' in line:
            told = json.loads(line)
            (error,) = re.findall(r"^\w*", told.get("error", ""))
            yield Said(A_NUMBER.sub("N", told["text"]), error)


def _named(said: Said) -> str:
    return next((words for words in CAUSES if words in said.reason), said.reason)


def _is_explained(said: Said, process: Process, ended_s: float, faults: Iterable[Done]) -> bool:
    cause = CAUSES.get(_named(said))
    if cause is None or (cause.is_error and not _is_of_kafka(said.error)):
        return False
    limit_s = FELT_S + cause.within_s
    return any(
        (each.kind in cause.kinds or (each.kind in cause.own and each.process is process))
        and (each.is_made or each.kind in AWAY)
        and any(began_s <= ended_s <= until_s for began_s, until_s in _felt(each, limit_s))
        for each in faults
    )


def _felt(fault: Done, limit_s: float) -> Iterator[Span]:
    """Give when a fault may bring about an end: all the while, unless others get over it."""
    if fault.kind in AWAY:
        yield fault.began_s, fault.ended_s + limit_s
    else:
        yield fault.began_s, fault.began_s + limit_s
        yield fault.ended_s, fault.ended_s + limit_s


def _is_of_kafka(error: str) -> bool:
    """Tell whether brokers or the network may be the cause of an error, by its name."""
    kind = getattr(errors, error, None) or getattr(builtins, error, None)
    if not isinstance(kind, type):
        return False
    # `OSError` itself is of a connection that was tried at several addresses.
    if kind is OSError or kind in OF_NO_BROKER or issubclass(kind, (ConnectionError, TimeoutError)):
        return True
    return bool(getattr(kind, "retriable", False))  # as errors of Kafka say
