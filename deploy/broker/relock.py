"""Writes kafka.lock anew, by hand, when versions change: `python -m deploy.broker.relock`.

It believes what the repository has today; every later start compares with what it wrote.
"""

import tempfile
from pathlib import Path
from typing import Final

from jgo.maven import MavenContext

from deploy.broker.jars import LOCK, VERSION, sha256
from deploy.broker.maven import FETCH_TIMEOUT_S, repository

ROOTS: Final = (f"org.apache.kafka:kafka_2.13:{VERSION}", "org.slf4j:slf4j-simple:1.7.36")
# The tools of administrators (access lists, what is in a log). They depend on all of Connect, which
# nobody needs here.
ALONE: Final = f"org.apache.kafka:kafka-tools:{VERSION}"
SCOPES: Final = ("compile", "runtime")


def main() -> None:
    """Resolve the graph, fetch every jar of it and write down their sums."""
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(
            repo_cache=Path(folder),
            remote_repos={"maven": repository()},
            timeout=FETCH_TIMEOUT_S,
        )
        roots, below = context.resolver.resolve([context.create_dependency(c) for c in ROOTS])
        wanted = [*roots, *(each for each in below if each.scope in SCOPES)]
        wanted.append(context.create_dependency(ALONE))
        paths = [each.artifact.resolve() for each in wanted]
        lines = {path.relative_to(folder).as_posix(): sha256(path) for path in paths}
    LOCK.write_text("".join(f"{lines[name]}  {name}\n" for name in sorted(lines)))


if __name__ == "__main__":
    main()
