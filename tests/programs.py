"""Programs that tests start: where they are, and what they print."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent


def tool(name: str) -> str:
    """Find a program; without it a test is skipped, and fails where CI has to have it."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if (found := shutil.which(name, path=places)) is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed, and CI=true says that it has to be")
    pytest.skip(f"{name} is not installed")


def run(*command: str, cwd: Path = ROOT, **variables: str) -> str:
    """Run a program, which must succeed; return what it printed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
