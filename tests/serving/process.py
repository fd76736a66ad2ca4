"""A server in a process of its own, ended by its own pid."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.serving.client import Client

PATIENCE = 20.0
HIDDEN = ("MAPTRAIL_", "PYTHON")  # settings of whoever runs the tests, an unbuffered output among them


class Server:
    """``maptrail serve`` on a free port; its output goes to files."""

    def __init__(
        self,
        folder: Path,
        *flags: str,
        data: Path | None = None,
        prefix: Sequence[str] = (),
        stdout: int | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = data or folder / "data"
        self.s3 = self.data / "s3"
        self.output, self.errors, self.port_file = folder / "out", folder / "err", folder / "port"
        self.port_file.unlink(missing_ok=True)
        command = [*prefix, sys.executable, "-m", "emulator", "serve", "--port", "0", "--port-file", self.port_file]
        with self.output.open("wb") as out, self.errors.open("wb") as err:
            self.process = subprocess.Popen(
                [*map(str, command), "--data", str(self.data), *flags],
                stdout=out if stdout is None else stdout,
                stderr=err,
                env={name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
                | {"PYTHONPATH": str(Path(__file__).parents[2])}
                | dict(environ or {}),
                cwd=folder,
            )
        self.pid = self.process.pid

    @property
    def port(self) -> int:
        return int(self.port_file.read_text())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> Self:
        """Wait for an answer of its health door."""
        until(lambda: self.port_file.exists() and self.port_file.read_text().endswith("\n"), self.process)
        until(self._healthy, self.process)
        return self

    def _healthy(self) -> bool:
        try:
            with self.client() as client:
                return client.get("/_maptrail/health").status == 200
        except OSError:
            return False

    def client(self, key: str = "AKIAEXAMPLE", region: str = "us-east-1") -> Client:
        return Client(self.url, key, region)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Signal it; its exit status, and the seconds it took."""
        started = time.monotonic()
        os.kill(self.pid, number)
        return self.process.wait(PATIENCE), time.monotonic() - started

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)

    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()

    def __enter__(self) -> Self:
        try:
            return self.ready()
        except BaseException:
            self.kill()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()
        if self.process.stdout:
            self.process.stdout.close()


def until(happened: object, process: subprocess.Popen[bytes] | None = None, patience: float = PATIENCE) -> None:
    """Wait until ``happened()`` is true; an AssertionError if it does not come true, or the process ends before."""
    deadline = time.monotonic() + patience
    while not happened():  # type: ignore[operator]
        assert process is None or process.poll() is None, f"the process ended with {process.returncode}"
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
