"""A process that gets stuck on purpose, in the way that the first argument names."""

import asyncio
import logging
import os
import re
import socket
import sys
import time
from collections.abc import Iterator

from deploy.cli import main
from stream import ending, logs, worker
from stream.ending import Parts, end_process, end_settled_soon, end_soon
from stream.pulse import Pulse
from stream.settings import Settings
from stream.stacks import end_stuck
from stream.watchdog import Watchdog

LIMIT_S = 1.0
FOR_EVER_S = 3600.0

log = logging.getLogger("stormwatch.stuck")


class WrongError(Exception):
    """What a look comes upon."""


def a_broken_one() -> Iterator[asyncio.AbstractEventLoop]:
    yield asyncio.new_event_loop()
    raise WrongError


def no_loops() -> list[asyncio.AbstractEventLoop]:
    return []


def beat() -> Pulse:
    pulse = Pulse(
        stopped_limit_s=60,
        hanging_limit_s=LIMIT_S,
        end_stuck=lambda reason: end_stuck(reason, no_loops),
    )
    pulse.start()
    return pulse


def watch(waiting: dict[int, int] | None) -> None:
    def waits() -> dict[int, int]:
        if waiting is None:
            raise WrongError
        return waiting

    Watchdog(
        waiting=waits,
        in_turn=lambda _: False,
        ill=lambda: None,
        unready_s=lambda: 0,
        stall_limit_s=LIMIT_S,
        unready_limit_s=60,
        end=lambda reason: end_stuck(reason, no_loops),
    ).start()


def in_a_line_of_the_log() -> None:
    """Keep the lock of the log, as long as nobody reads what it writes."""
    beat()
    watch({0: 1})
    while True:
        log.critical("line %s", "x" * 1000)


def in_c_code() -> None:
    """Let no other thread run: this pattern is tried in 2 to the power of 64 ways."""
    beat()
    re.match(r"(a+)+$", "a" * 64 + "b")


def in_its_last_line() -> None:
    end_process("it is to end")


def after_it_was_asked_to_end() -> None:
    ending.ENDED_WITHIN_S = LIMIT_S  # type: ignore[misc]  # the test need not wait so long
    end_soon(lambda reason: end_stuck(reason, no_loops))


def without_its_brokers() -> None:
    ending.LEFT_WITHIN_S = LIMIT_S  # type: ignore[misc]  # likewise
    end_settled_soon(crashed=False)


def while_its_watchdog_fails() -> None:
    watch(None)


def while_its_pulse_fails() -> None:
    def now() -> float:
        times.append(0.0)
        if len(times) > 3:
            raise WrongError
        return 0.0

    times: list[float] = []
    Pulse(stopped_limit_s=60, hanging_limit_s=60, end_stuck=end_process, now=now).start()


def where_nobody_knows() -> None:
    end_stuck("it is to end", a_broken_one)


async def a_part() -> None:
    """Do nothing, and be done."""


def without_a_part() -> None:
    async def live() -> None:
        Parts(on_purpose=lambda: False).run(a_part())
        await asyncio.sleep(FOR_EVER_S)

    asyncio.run(live())


def before_it_is_ready() -> None:
    """Start as a watcher, with a broker that lets it connect and never answers."""
    mute = socket.create_server(("127.0.0.1", 0))
    os.environ["STORMWATCH_KAFKA"] = f"127.0.0.1:{mute.getsockname()[1]}"
    os.environ["STORMWATCH_METRICS_PORT"] = "0"
    os.environ["STORMWATCH_RECOVERY_LIMIT_S"] = str(LIMIT_S)
    worker.check_topics = lambda settings: None  # noqa: ARG005, all was well then
    sys.argv[1:] = ["watch"]
    main()


if __name__ == "__main__":
    logs.configure(Settings(role="watch", kafka="127.0.0.1:1"))
    globals()[sys.argv[1]]()
    time.sleep(FOR_EVER_S)
