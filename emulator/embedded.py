"""A Maptrail inside the program that uses it: ``with emulator.Emulator() as e: e.url``."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from emulator.bridge import Bridge
from emulator.data import DataDirectory
from emulator.machine import Machine
from emulator.serving import Server, address, listen
from emulator.settings import Settings, StartError
from emulator.web import create_app

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Emulator"]

_PATIENCE = 10.0
# Routes are compiled by way of syntax trees, which threads of CPython 3.11 may not do at once.
_ONE_AT_A_TIME = threading.Lock()


class Emulator:
    """A server in a thread, on a free port, with a temporary data directory unless ``data`` says otherwise.

    Options are those of ``maptrail serve``, by their Python names: ``Emulator(operation_delay=2, quotas="off")``.
    Raises ``SettingsError`` for an option that is off and ``StartError`` if the server cannot start.
    """

    def __init__(self, **options: Any) -> None:
        options = {"port": 0, "ephemeral": "data" not in options, "log_level": "warning", **options}
        self.settings = Settings(**options)
        self._directory = DataDirectory(self.settings)
        with contextlib.ExitStack() as opened:
            opened.callback(self._directory.close)
            self._listener = opened.enter_context(listen(self.settings))
            self.machine = Machine(self.settings, self._directory, strict=True)
            opened.callback(self.machine.close)
            with _ONE_AT_A_TIME:
                app = create_app(self.machine)
            self._opened = opened.pop_all()
        self.url = address(self._listener)
        self._server = Server(Bridge(app, self.machine))
        self._thread = threading.Thread(target=self._server.run, args=(self._listener,), name="maptrail", daemon=True)

    def start(self) -> Self:
        """Serve until :meth:`stop`."""
        try:
            self.machine.start()
            self._directory.announce(self.url, self.settings)
            self._thread.start()
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise StartError("The server does not start: its thread says why on stderr.")
            time.sleep(0.002)

    def stop(self) -> None:
        """Answer what is in flight, deliver what is pending, let the directory go."""
        self._server.stop()
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE)
        self._opened.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
