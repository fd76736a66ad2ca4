"""The commands that fill a running server and keep what is in it: `maptrail seed` and `maptrail snapshot`."""

import shutil
import time
from http.client import HTTPException
from pathlib import Path

import click

from emulator.cli.grammar import Group, examples
from emulator.cli.options import server_options, settings
from emulator.cli.remote import Server

__all__ = ["seed", "snapshot"]

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command(epilog=examples("maptrail seed shop.json"))
@_FILE
@click.option("--identities", metavar="FILE", help="Whose secrets sign the calls, for a server with --auth signed.")
@server_options
def seed(config: Path | None, url: str | None, file: Path, **flags: str | bool | None) -> None:
    """Make the API calls of FILE, in order.

    They stop at the first that is refused; those before it stay made.
    """
    from emulator.identities.directory import Directory
    from emulator.seed import Caller, Prepared, replay

    server = Server.meant(url, config, flags)
    identities = Directory(settings(flags, config).identities).current
    caller = Caller(server.account, server.region, identities, time.time_ns() // 1_000_000)

    def send(call: Prepared) -> tuple[int, bytes]:
        response = server.send("POST", "/", call.body, call.headers)
        return response.status, response.read()

    count = replay(file, caller, send)
    click.echo(f"{count} {'call' if count == 1 else 'calls'} made at {server.url}")


@click.group(cls=Group, epilog=examples("maptrail snapshot save before.db"))
def snapshot() -> None:
    """Keep the state and history of a running server in a file."""


@snapshot.command(epilog=examples("maptrail snapshot save before.db"))
@_FILE
@server_options
def save(config: Path | None, url: str | None, file: Path, **flags: str | bool | None) -> None:
    """Write state and history to FILE; the buckets are not in it."""
    response = Server.meant(url, config, flags).ask("GET", "snapshot")
    beside = file.with_name(f"{file.name}.part")
    try:
        with beside.open("wb") as target:
            shutil.copyfileobj(response, target)
        beside.replace(file)
    except (OSError, HTTPException) as error:
        beside.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error)
        raise click.ClickException(f"The snapshot cannot be written to {file} ({reason}).") from None
    click.echo(f"{file}: {file.stat().st_size} bytes")


@snapshot.command(epilog=examples("maptrail snapshot load before.db"))
@_FILE
@server_options
def load(config: Path | None, url: str | None, file: Path, **flags: str | bool | None) -> None:
    """Replace all state and history with those in FILE."""
    server = Server.meant(url, config, flags)
    server.ask("GET", "clock")  # a server that refuses says so before the file is on its way
    try:
        with file.open("rb") as source:
            server.ask("PUT", "snapshot", body=source)
    except OSError as error:
        raise click.ClickException(f"The snapshot {file} cannot be read ({error.strerror}).") from None
