"""`maptrail policy`: the least IAM policy for what somebody did, by the records of a running server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from emulator.cli.events import records
from emulator.cli.grammar import examples
from emulator.cli.options import server_options
from emulator.cli.remote import Server

__all__ = ["policy"]


@click.command(epilog=examples("maptrail policy --user smithj"))
@click.option("--user", metavar="NAME", help="The policy of this IAM user.")
@click.option("--role", metavar="NAME", help="The policy of this role, by what its sessions did.")
@click.option("--account", metavar="ACCOUNT", help="Account of who did it. [default: the server's]")
@server_options
def policy(
    config: Path | None, url: str | None, user: str | None, role: str | None, **flags: str | bool | None
) -> None:
    """Print the least policy that allows what somebody did.

    Of the calls on the record that succeeded: each action with the resources it touched, or with * where IAM knows none
    for it.
    """
    if (user is None) == (role is None):
        raise click.UsageError("Name who the policy is for: one of --user and --role.")
    server = Server.meant(url, config, flags)
    from emulator.least import Principal, least_policy

    kind, name = ("user", str(user)) if role is None else ("role", role)
    found = least_policy(_said(server), Principal(kind, name, server.account))
    if found is None:
        told = f"No call of the {kind} {name} of {server.account} is on the record that a policy would have to allow"
        raise click.ClickException(f"{told}: see 'maptrail events', or name another account with --account.")
    click.echo(json.dumps(found, indent=2))


def _said(server: Server) -> Iterator[dict[str, Any]]:
    return (json.loads(record) for record in records(server, {}))
