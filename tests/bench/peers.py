"""The peers, installed at bench time into an environment of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "bootstrap" / "install.py"
CACHE = ROOT / ".bench"
REQUIREMENTS = Path(__file__).with_name("peers.txt")
_ENVIRONMENT = CACHE / "peers"
_STAMP = _ENVIRONMENT / "installed.txt"


def cache() -> Path:
    """The directory for what a run makes; it hides itself from git."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    return CACHE


def program(name: str) -> str:
    """The path of one of the peers' programs."""
    return str(_ENVIRONMENT / "bin" / name)


def install() -> None:
    """Install the peers, unless the environment already holds these versions."""
    wanted = f"{REQUIREMENTS.read_text()}python {sys.version.split()[0]}\n"
    if _STAMP.is_file() and _STAMP.read_text() == wanted:
        return
    cache()
    print("installing the peers (once) …", flush=True)
    shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, INSTALL, "--for", "peers", _ENVIRONMENT], check=True)
    subprocess.run([program("python"), "-m", "compileall", "-q", _ENVIRONMENT / "lib"], check=False)
    _STAMP.write_text(wanted)


def versions() -> dict[str, str]:
    """Name and version of each peer."""
    pairs = (line.split("==") for line in REQUIREMENTS.read_text().split())
    return {name.partition("[")[0]: version for name, version in pairs}
