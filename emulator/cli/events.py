"""`maptrail events`: the records of a running server, as they are or a line each."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

import click

from emulator.cli.grammar import Command, choice, examples
from emulator.cli.options import SERVER_OPTIONS, server_options
from emulator.cli.remote import Server, UnreachableError
from emulator.terminal import RED, styled

__all__ = ["events", "records"]

_PAUSE = 0.25
_CURSOR = "X-Maptrail-Cursor"
# Option, query parameter, metavar, help.
_FILTERS = (
    ("--name", "name", "EVENT", "Only this call, such as RegisterInstance."),
    ("--user", "user_name", "NAME", "Only calls by this user, or session of a role."),
    ("--access-key", "access_key", "ID", "Only calls with this access key."),
    ("--account", "account", "ACCOUNT", "Only calls in this account."),
    ("--region", "region", "REGION", "Only calls in this region."),
    ("--source", "source", "SERVICE", "Only this event source."),
    ("--error", "error_code", "CODE", "Only calls that failed with this code."),
    ("--request-id", "request_id", "ID", "Only this call."),
    ("--resource", "resource", "ID", "Only calls that name this ARN, id or name."),
)


def _filter_options(command: Command) -> Command:
    for flag, parameter, metavar, told in reversed(_FILTERS):
        complete = _event_names if parameter == "name" else None
        command = click.option(flag, parameter, metavar=metavar, help=told, shell_complete=complete)(command)
    return command


def _event_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from emulator.services import SERVICES

    return sorted(name for operations in SERVICES.values() for name in operations if name.startswith(incomplete))


@click.command(epilog=examples("maptrail events --user smithj --name RegisterInstance", "maptrail events --follow"))
@_filter_options
@click.option("--follow", is_flag=True, help="Keep printing new events, until Ctrl-C.")
@choice("--format", "form", ("text", "json"), "A line each, or each record as it is.")
@server_options
def events(config: Path | None, url: str | None, *, follow: bool, form: str, **given: str | None) -> None:
    """Print what is on the record, in the order of the calls.

    With --follow a server that ends is waited for, and what it records when it is back comes next.
    """
    flags = {name: given.pop(name) for name in SERVER_OPTIONS}
    show: Callable[[bytes], str] = _line if form == "text" else bytes.decode
    wanted = {parameter: value for parameter, value in given.items() if value is not None}

    def meant() -> Server:
        return Server.meant(url, config, flags)

    try:
        for record in _followed(meant, wanted) if follow else records(meant(), wanted):
            click.echo(show(record))
    except KeyboardInterrupt:
        if not follow:
            raise


def records(server: Server, wanted: Mapping[str, str]) -> Iterator[bytes]:
    """Every record there is, in the order of the calls."""
    for lines, _ in _pages(server, wanted, ""):
        yield from lines


def _pages(server: Server, wanted: Mapping[str, str], after: str) -> Iterator[tuple[list[bytes], str]]:
    """The records behind a cursor, page by page, each with the cursor behind it. One that stays is the last."""
    while True:
        response = server.ask("GET", "events", {**wanted, "after": after} if after else wanted)
        try:
            lines = response.read().splitlines()
        except (OSError, HTTPException) as error:
            raise server.unreachable(error) from None
        before, after = after, response.headers.get(_CURSOR, "")
        yield lines, after
        if after == before:
            return


def _followed(meant: Callable[[], Server], wanted: Mapping[str, str]) -> Iterator[bytes]:
    """Every record there is and every one to come; a server that was there is waited for, wherever it comes back."""
    cursor, lost = None, False
    while True:
        try:
            for lines, behind in _pages(meant(), wanted, cursor or ""):
                yield from lines
                cursor = behind
            lost = False
        except UnreachableError as error:
            if cursor is None:
                raise
            if not lost:
                click.echo(f"maptrail: {error.what}; waiting for it.", err=True)
            lost = True
        time.sleep(_PAUSE)


def _line(record: bytes) -> str:
    from trail.identity import caller_name

    said: dict[str, Any] = json.loads(record)
    who = caller_name(said["userIdentity"])
    columns = (
        said["eventTime"],
        said["recipientAccountId"],
        said["awsRegion"],
        f"{who:<12}",
        f"{said['eventName']:<24}",
    )
    code = said.get("errorCode")
    return "  ".join((*columns, "ok" if code is None else styled(code, RED)))
