"""What the kernel knows of a server's processes: descendants, processor time, proportional memory."""

from __future__ import annotations

import time
from pathlib import Path

_PROC = Path("/proc")


def descendants(pid: int) -> list[int]:
    """*pid* and every process below it."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            children.setdefault(_parent(entry), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return -1


def processor_time(pids: list[int]) -> float:
    """Seconds of processor time, threads that have ended included."""
    total = 0.0
    for pid in pids:
        try:
            total += time.clock_gettime((~pid << 3) | 2)
        except OSError:
            continue
    return total


def proportional_memory(pids: list[int]) -> float:
    """PSS of the processes together, in MB (10^6 bytes)."""
    total = 0
    for pid in pids:
        try:
            text = (_PROC / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total * 1024 / 1e6


def load_average() -> float:
    """How busy the machine is: the one-minute load average."""
    return float((_PROC / "loadavg").read_text().split()[0])
