"""`maptrail events`: the records of a running server, as they are or a line each."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from emulator.cli.options import Command
from emulator.cli.remote import Server, server_options

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
    ("--error", "error_code", "CODE", "Only calls that failed so."),
    ("--request-id", "request_id", "ID", "Only this call."),
    ("--resource", "resource", "ID", "Only calls that name this ARN, id or name."),
)


def _filter_options(command: Command) -> Command:
    for flag, parameter, metavar, told in reversed(_FILTERS):
        command = click.option(flag, parameter, metavar=metavar, help=told)(command)
    return command


@click.command()
@_filter_options
@click.option("--follow", is_flag=True, help="Go on with what is still to come, until Ctrl-C.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="[default: text]")
@server_options
def events(
    *,
    config: Path | None,
    url: str | None,
    follow: bool,
    form: str,
    data: str | None,
    admin_token: str | None,
    **filters: str | None,
) -> None:
    """Print what is on the record, in the order of the calls."""
    server = Server.meant(url, config, {"data": data, "admin_token": admin_token})
    show: Callable[[bytes], str] = _line if form == "text" else bytes.decode
    wanted = {parameter: value for parameter, value in filters.items() if value is not None}
    try:
        for record in records(server, wanted, follow=follow):
            click.echo(show(record))
    except KeyboardInterrupt:
        if not follow:
            raise


def records(server: Server, wanted: dict[str, str], *, follow: bool) -> Iterator[bytes]:
    """Every record there is, and with `follow` every one to come: an answer with a cursor that stays is the last."""
    cursor = ""
    while True:
        response = server.ask("GET", "events", wanted | ({"after": cursor} if cursor else {}))
        for line in response:
            yield line.rstrip(b"\n")
        before, cursor = cursor, response.headers.get(_CURSOR, "")
        if cursor != before:
            continue
        if not follow:
            return
        time.sleep(_PAUSE)


def _line(record: bytes) -> str:
    from trail.identity import user_name

    said: dict[str, Any] = json.loads(record)
    who = user_name(said["userIdentity"]) or said["userIdentity"]["type"]
    columns = (said["eventTime"], said["recipientAccountId"], said["awsRegion"], who, said["eventName"])
    return "  ".join((*columns, said.get("errorCode", "ok")))
