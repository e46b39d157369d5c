"""A watcher that gets no further than a moment: the first argument, in epoch milliseconds.

With STORMWATCH_RUN_RECORDS=1 it stands at that moment in every partition.
"""

import sys

from deploy.cli import main
from stream.patience import Queues
from stream.runs import Run
from stream.scheduler import Scheduler

UNTIL_MS = int(sys.argv.pop(1))
next_run = Scheduler._run


def run_until(scheduler: Scheduler, partition: int, queues: Queues) -> Run | None:
    """Hold back what is of that moment or later."""
    is_later = all(queue[0].timestamp >= UNTIL_MS for queue in queues.values() if queue)
    return None if is_later else next_run(scheduler, partition, queues)


if __name__ == "__main__":
    setattr(Scheduler, "_run", run_until)  # noqa: B010, mypy takes no assignment to a method
    main()
