"""An empty Flask POST route, served as Maptrail is: what the server and the framework cost by themselves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flask import Flask

from emulator.bridge import Bridge
from emulator.serving import Server, listen, settle_in
from emulator.settings import Settings


class Stateless:
    """Stands where the machine does: it never has anything to commit."""

    uncommitted = False


def main(port_file: str) -> None:
    """Serve until ended."""
    app = Flask("empty")

    @app.route("/", methods=["GET", "POST"])
    def empty() -> bytes:
        return b"{}"

    machine: Any = Stateless()
    listener = listen(Settings(port=0))
    Path(port_file).write_text(str(listener.getsockname()[1]))
    settle_in()
    Server(Bridge(app, machine)).run(listener)


if __name__ == "__main__":
    main(*sys.argv[1:])
