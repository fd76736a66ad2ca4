"""A real process is killed while it records and delivers. What it had acknowledged is in the files, once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.trail.house import House

ROOT = Path(__file__).parents[2]

# Writes a line for each acknowledged call; the thread delivers as fast as it can meanwhile.
PROGRAM = """
import pathlib, sys
from tests.trail.house import House
from trail.background import Background, Chore

house = House(pathlib.Path(sys.argv[1]), unique=int(sys.argv[2]), count=int(sys.argv[2]))
house.default_trail()
Background([Chore(0.001, house.delivery.deliver)]).start()
while True:
    print(house.record(region="us-east-1" if house.count % 3 else "eu-west-1"), flush=True)
"""


def run_and_kill(
    root: Path, start: int, seconds: float, *, program: str = PROGRAM, arguments: tuple[str, ...] = (), least: int = 1
) -> list[str]:
    """The lines of the calls that the process acknowledged before it was killed, some time after ``least`` of them."""
    written = root / "acknowledged"
    with written.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(root), str(start), *arguments],
            stdout=output,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    deadline = time.monotonic() + 30
    while written.read_bytes().count(b"\n") < least and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return [line.decode() for line in written.read_bytes().split(b"\n")[:-1]]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_nothing_acknowledged_is_missing_or_twice_after_kills(tmp_path):
    acknowledged: list[str] = []
    for turn in range(6):
        acknowledged += run_and_kill(tmp_path, turn * 1_000_000, 0.05 + turn * 0.037)
        house = House(tmp_path)
        seen = house.delivered()  # whole files only, even now
        assert len(seen) == len(set(seen))
        house.database.close()
    assert len(acknowledged) > 100
    house = House(tmp_path, unique=10_000_000)
    house.delivery.deliver()
    delivered = house.delivered()
    assert len(delivered) == len(set(delivered))
    assert set(acknowledged) <= set(delivered)
    with house.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (len(delivered),)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    house.database.close()
