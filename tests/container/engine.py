"""Docker's engine with network, processes and mounts of its own: all that it made ends with it.

As a program it ends with 0 where one can start, else with the reason.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

WITH_US = ("setpriv", "--pdeathsig=KILL")  # nothing outlives the tests, however they end
NEEDED = ("dockerd", "slirp4netns", "nsenter", "unshare")


def lacking() -> str:
    """What is not here that an engine needs, or nothing."""
    if os.geteuid() != 0:
        return "an engine of its own needs root"
    return ", ".join(f"{name} is not installed" for name in NEEDED if shutil.which(name) is None)


def unable() -> str:
    """Why no engine starts here, where all that it needs is installed; or nothing."""
    try:
        with started():
            return ""
    except (AssertionError, OSError) as error:
        return f"an engine does not start: {error}"


@dataclass(frozen=True)
class Engine:
    """A running engine. Ports that it publishes are on the loopback of its own network: see `words`."""

    socket: Path
    process: int

    @property
    def environment(self) -> dict[str, str]:
        """What its clients need; nothing of AWS's or Maptrail's is handed on."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MAPTRAIL_", "DOCKER_"))}
        # The client that came with the engine stands in /usr/bin, and builds as clients do now.
        path = f"{Path(sys.prefix, 'bin')}:/usr/bin:{own['PATH']}"
        return own | {"PATH": path, "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_BUILDKIT": "1"}

    def words(self, *words: str | Path) -> list[str]:
        """The command line that runs these words in the engine's network."""
        return ["nsenter", f"--net=/proc/{self.process}/ns/net", *map(str, words)]

    def run(self, *words: str | Path, folder: Path | None = None, **variables: str) -> str:
        """Run a program in the engine's network and give what it printed."""
        done = subprocess.run(
            self.words(*words),
            cwd=folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, (
            f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
        return done.stdout.strip()

    def docker(self, *words: str | Path, folder: Path | None = None) -> str:
        return self.run("docker", *words, folder=folder)


@contextmanager
def started() -> Iterator[Engine]:
    """An engine, for as long as the block lasts."""
    with TemporaryDirectory(prefix="engine-") as name:
        folder = Path(name)
        log = folder / "log"
        with log.open("wb") as file, subprocess.Popen(_command(folder), stdout=file, stderr=file) as outer:
            try:
                engine = Engine(folder / "socket", _child(outer.pid))
                with _way_out(engine.process, file.fileno()):
                    until(lambda: "API listen on" in log.read_text(), 30, lambda: log.read_text()[-2000:])
                    yield engine
            finally:
                for process in _children(outer.pid):
                    os.kill(process, signal.SIGKILL)  # process 1 of its namespace: all others end before it does
                outer.wait(60)


def _command(folder: Path) -> list[str]:
    """Its images are in memory: to write them and to delete them would take longer than all the rest."""
    data = folder / "data"
    data.mkdir()
    alone = [*WITH_US, "unshare", "--net", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child"]
    begin = f'ip link set lo up && mount -t tmpfs engine {data} && exec "$@"'
    places = {"data-root": data, "exec-root": data / "run", "pidfile": data / "pid"}
    options = [f"--{option}={place}" for option, place in places.items()]
    return [*alone, "sh", "-c", begin, "sh", "dockerd", f"--host=unix://{folder / 'socket'}", *options]


def _children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _child(process: int) -> int:
    until(lambda: _children(process) != [], 5, lambda: "no namespaces were made")
    return _children(process)[0]


@contextmanager
def _way_out(process: int, log: int) -> Iterator[None]:
    """The network outside, for what builds download."""
    words = [*WITH_US, "slirp4netns", "--configure", "--disable-host-loopback", str(process), "tap0"]
    with subprocess.Popen(words, stdout=log, stderr=log) as way:
        try:
            yield
        finally:
            way.terminate()


def until(holds: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
    """Wait until something holds; where it does not in so many seconds, say what is the matter."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(lacking() or unable() or 0)
