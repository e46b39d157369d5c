"""Programs of Debian, unpacked into the cache folder without root: what is not installed here.

What cannot be had fails the test: nothing is skipped.
"""

import os
import subprocess
from pathlib import Path
from typing import Final

from deploy.broker.folders import cache_folder

PACKAGES: Final = (
    "prometheus-alertmanager",
    "chromium-headless-shell",
    "chromium-common",  # its data, beside which it must lie: one that is installed is not there
    "python3-aiosmtpd",
    "python3-attr",
    "python3-public",
)
FOLDER: Final = cache_folder() / "debian"
ROOT: Final = FOLDER / "root"
DONE: Final = FOLDER / "done.txt"
PYTHON: Final = ROOT / "usr/lib/python3/dist-packages"
LIMIT_S: Final = 600


def program(path: str) -> str:
    """Return where a program lies after everything is unpacked; raise where it does not."""
    _unpack()
    found = ROOT / path
    if not found.exists():
        raise FileNotFoundError(found)
    return str(found)


def libraries() -> str:
    """Return what LD_LIBRARY_PATH has to be."""
    folders = [*ROOT.glob("usr/lib/*-linux-gnu"), *ROOT.glob("usr/lib/*-linux-gnu/pulseaudio")]
    return os.pathsep.join(str(each) for each in folders)


def _unpack() -> None:
    wanted = "\n".join(PACKAGES)
    if DONE.exists() and DONE.read_text() == wanted:
        return
    archives = FOLDER / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    names = [*PACKAGES, *_missing()]
    _run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *names, cwd=archives)
    for each in sorted(archives.glob("*.deb")):
        _run("dpkg", "-x", str(each), str(ROOT), cwd=archives)
        each.unlink()
    DONE.write_text(wanted)


def _missing() -> list[str]:
    """Name the packages that these need and this machine has not."""
    said = _run("apt-get", "install", "--simulate", "-qq", "--no-install-recommends", *PACKAGES)
    return [line.split()[1] for line in said.splitlines() if line.startswith("Inst ")]


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} {command[1]}: {done.stderr.strip()}")
    return done.stdout
