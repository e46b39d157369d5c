"""What the page about chaos says beside the figures."""

from typing import Final

HEAD: Final = """# Chaos

Written by `make chaos-report` from the reports of single rounds; do not edit it by hand.

A round runs the real commands: three watchers under a supervisor, on three real brokers with a disk and a network that can be
taken from them, a ward that sends for as long as faults are made, and at its end a replay of what lies on the topics as the oracle.
`make chaos` runs rounds, `tests/chaos/` has them; a seed gives the same schedule of faults and the same events. A round that has a report
is not run again, so that a run that was broken off goes on where it was; with `--again` it is, and both reports count. What `make chaos` has no variable for
(`--again`, `--kinds`, `--patients`) is given to the command itself: `PYTHONPATH=tests .venv/bin/python -m chaos run --seed 900 --again`.

A third of the faults are made beside the next one, which comes within a second and a half: a worker is killed, stopped or joins while a broker is
down or frozen, the network gone or a disk full, or leaders move while partitions are taken over. One fault at a time acts on the processes of
brokers, so that two of three are there or come back. Of the other faults half are waited for until all workers are well, and half are only undone.
*Overlapping* are those that were not over, by the wall clock, when another one began, or that began before another one was over; what a
feed does wrong is not counted among them. A fault *without effect* was tried and is not counted: the full disk ended no broker, or no
partition got another leader.

Every alert line has to be on the topic with the very bytes of the replay, under its id and revision, and every state in the
changelog too. Two of the twelve partitions have a device with a wrong clock: live, a record is taken when it comes, in a replay it
waits for its time, so of these only what is open in the end is compared. *Missing* and *extra* count alert lines, *repeated* those that
were written more than once with the same bytes, which the pager ignores. Dead letters have to be those of the replay too, but in these two partitions.

In every round, and in these two partitions too, what hangs on no order is compared of each patient: there is a state, it was taken up to the last record
of each topic, and of the last five hours it holds the very records that lie there, the newest 200. In older rounds that was not judged, nor were dead
letters that the replay does not make.

In rounds with *own ticks* the ward sends in real time, the workers write the ticks themselves and wait for other topics no longer than by
default. So no line is compared there, and no state as a whole. What is open in the end is, and of patients of whom all falls due by time alone what
was last said of each alert, also of those that ended. Of others that hangs on the order in which records were taken while brokers were away: where it
differs is counted and not judged. Where no line is compared an owner after a takeover may judge anew what another one has told of. Of two lines of one
revision that say different things the one counts that the pager takes, the more urgent or else the first, and the others are counted as *contradicting*.

A round is wrong too where not all that lay on the inputs was committed five minutes after the last fault, where a worker ended with a status that
nothing that was done to it explains, or did not end within half a minute when it was asked to, and where an alert line took more than a minute
beyond what faults explain. A round that is wrong keeps its report, and is counted below.

What a fault explains of a wait is what it can stop. While all brokers are away, one is frozen, the disk of one is full, or the network is gone, that is
all of the time, though it may be one broker of three alone: in half of the cases the network is gone before one, which leads on and is not reached. Of any
other fault it is a session and a rebalance (21 s) from when it begins and once more from its end, so up to 42 s of one fault; of what comes after the first
ones it is 21 s from their end. Of one wait these times are 42 s in all, however many faults there were: a restart may be broken off once. So a silence of
two minutes is late, though workers are asked to end all the while. After a fault that is waited for all workers have to be ready within half a minute
beyond what others explain, those that last included; then the wait for them is given up. A worker may end by itself for the reasons that
`tests/chaos/endings.py` lists, each while, or soon after, a fault lasts that may bring it about; one that others get over may where it begins and where it
ends. Where a worker names an error it has to be one that brokers or the network bring about. All other reasons are checks of what must hold whatever
happens: one of them makes the round wrong.

The time from event to alert begins when the event was first sent, whether or not a broker was there to take it; of what falls due by time, with
own ticks, when it fell due, whether or not a tick said so. It ends when a
consumer that reads all the while, as the pager does, has the line: it was confirmed by then. That consumer needs up to about two seconds to leave a
broker that is frozen.

A stop of 30 s and ten minutes without a broker, or without any, are made by rounds of their own
(`PYTHONPATH=tests .venv/bin/python -m chaos run --seed 900 --kinds worker_long_stop broker_away outage`).

Times were measured on two cores that had other work for ten: read them as upper bounds.

"""

# What is told of a reason that is cut short in the reports, or is for those who know the code.
REASONS: Final = {
    "Error: STORMWATCH_KAFKA": "it started, and no broker answered",
    "Error: KafkaConnectionError: KafkaConnectionError: Unable to bootstrap from": "it started, and the brokers went after its first look at them",
    "a part of the worker failed: Ticker.run": "ticks could not be written",
    "what was taken is not durable after": "what was taken did not become durable in time",
    "stood still for": "it stood still for longer than its session",
    "out of its group for": "it was out of its group for too long",
    "asking for no metadata for": "it asked for no metadata for too long",
    "asked to assign partitions, and": "it led the group, and its broker told it of no topics",
    "not ready for": "it was not ready for too long",
}

OLDER: Final = {
    3: """Driver 3 gave up the wait for workers after 77 s, and did not count them where other faults explained more than 47 s. With own ticks it took what was
due by time for due when a tick was written, so that missing ticks made nothing late. It let a broker that was away for ten minutes explain the ends of
workers all the while, a stop of one worker those of another, and any error of Kafka or of the system pass for one of brokers; the pager's choice
between lines that contradict each other it made by chance.""",
    2: """Driver 2 let every fault, a worker that was asked to end too, explain all lateness until 20 s after it, which was most of a round. It took
whatever a worker gave as its reason for an explanation of its end, and did not judge whether all workers were well in time.""",
    1: """Driver 1 made one fault after the other, each undone before the next one began. Of each line it took the time at which a worker had it, not at
which a broker had confirmed it: up to 30 s are missing where brokers were away. It did not judge whether all was taken, how workers ended, or how
late a line was, and a full disk or a move of leaders without effect was counted. A round that was wrong was run again with the same seed once its
cause was mended, and only the later report was kept: those are told of above, and not counted.""",
}

FOUND: Final = """## What it has found

- Seed 101 (25 faults, 28 666 records), before what decision 7 says: 598 lines missing, 682 extra, 72 states wrong. A broker was killed
  while workers came and went; Faust took a recovery that was cut short for a whole one, and the new owner claimed its partitions with a
  part of their states. We read the changelog ourselves since then, and the same seed is right. The rounds below are all of later
  versions.
- Seed 301: the states of two patients held the same in another order: a reading went before a ferritin that was ten seconds older. No
  alert was different. What we take for the cause, and have not traced in the broker: a new leader of a partition does not show its
  newest record until a second copy follows it, and until then the topic seems to be read to its end. It is the freedom that the design
  leaves to the live edge. Such states are counted apart since then, and that round is not among those below.
- Seed 404, first run: of the partitions with a wrong clock nothing more was taken, and every worker that got them ended itself after a
  minute. A record ahead of the clock that was not the last one held was waited for as long as `STORMWATCH_ALIGN_WAIT_S` allows, which is
  ten minutes here and two seconds by default, at each such record. The same seed is right since that is mended.
- Seed 504, first run: one patient's vitals of a minute were taken after the next minute's assessment, so 90 lines came in another order of
  revisions. A broker was killed, and the new leader of a partition did not show its newest records yet: what seed 301 had made us guess.
  For a second and a half the end of a topic that a new leader tells of was not believed since then, and the same seed was right.
- Seeds 604 and 609, first run, while the machine was busy with tests: one line of STEROID-ICANS each had another time than the replay's,
  12 s and a minute off; the alert was there in both. What we take for the cause, and have not traced: followers that took longer than
  that second and a half, so that an assessment was taken after later vital signs. A leader that is new, or of which fetches have told
  nothing for half a second, is asked where the topic ends now, which a broker does not answer before it shows everything. Both seeds
  were right when they were run again, before that was mended too; their first runs are not among those below.
- Ticks of their own (`--ticks own`), seed 1001: a worker that led the group knew of no topics, since the network had gone away while it
  joined, and assigned nothing to anybody for five minutes: what the 498 s of driver 1 may well have been. It ends now, and another one leads.
- Seed 7401, first run: all was taken, and the round waited for offsets of topics of which nothing had ever been committed, since reading had begun at their
  ends. The group is told now where reading begins of each topic (decision 73). That run was ended by hand and left no report; the same seed is right.
- Seed 8001, first run: one worker ended with status 1. A broker was frozen while it joined, so that it reached none in its first seconds, and Faust asked what
  there was to commit before there was a group. Nothing was lost, and it was started again. It goes on waiting now; the same seed is right.
- Not here, but in a test that kills a broker: a connection that was reset in one moment of the event loop ended the task that asks for metadata, and the
  worker stood still until its watchdog ended it (decision 77). From seed 9001 on connections that are cut are reset as well, where they were closed.
- Seed 9501, the first rounds by what driver 3 judges. First run, while the machine had four times as much to do as it could: after seven faults in a quarter of a minute,
  the network among them, heartbeats came too late, members were put out of the group three times, and when the wait for them was given up, after 77 s, not all workers were ready. Nothing was missing.
  Second and third run, on a machine that did nothing else: a worker ended with status 1, as the network went between its look at the topics and its start; it says so, and was
  started again. That is among the reasons that are explained now. The three reports are kept as wrong ones; the fourth run was right, with the same end in it.
- Seed 9702 was run beside tests that gave the machine some five times as much to do as it could: its 27.66 s with no fault near, and 31.36 s that none explains, are of that. Seeds 9801 and
  9802, on the same version and with less beside them, have 1.9 and 2.44 s.

"""
