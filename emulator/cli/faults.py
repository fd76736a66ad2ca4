"""`maptrail faults`: the rules of a running server that make calls fail, and putting others in their place."""

import json
from pathlib import Path
from typing import Any

import click

from emulator.cli.grammar import DefaultGroup, examples
from emulator.cli.options import server_options
from emulator.cli.remote import Server

__all__ = ["faults"]


@click.group(cls=DefaultGroup, default="list", epilog=examples("maptrail faults put rules.json"))
def faults() -> None:
    """Make calls to a running server fail, by rules."""


@faults.command("list", epilog=examples("maptrail faults list > rules.json"))
@server_options
def list_rules(config: Path | None, url: str | None, **flags: str | None) -> None:
    """Print the rules there are, in JSON, a line each."""
    _tell(Server.meant(url, config, flags).answer("GET", "faults"))


@faults.command(epilog=examples("maptrail faults put rules.json", "maptrail faults put - --fault-seed 7 < rules.json"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--fault-seed", metavar="NUMBER", help="Seed of their random choices. [default: the server's]")
@server_options
def put(config: Path | None, url: str | None, file: Path, fault_seed: str | None, **flags: str | None) -> None:
    """Replace all rules with those of FILE; - is standard input.

    FILE holds a list of them in JSON; the new rules are printed.
    """
    query = None if fault_seed is None else {"seed": fault_seed}
    _tell(Server.meant(url, config, flags).answer("PUT", "faults", query, _document(file)))


@faults.command(epilog=examples("maptrail faults clear"))
@server_options
def clear(config: Path | None, url: str | None, **flags: str | None) -> None:
    """Remove all rules."""
    Server.meant(url, config, flags).answer("DELETE", "faults")


def _document(file: Path) -> Any:
    named = "on standard input" if str(file) == "-" else str(file)
    try:
        with click.open_file(str(file), "rb") as source:
            return json.load(source)
    except OSError as error:
        raise click.ClickException(f"The rules {named} cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise click.ClickException(f"The rules {named} are not JSON: {error}.") from None


def _tell(rules: list[dict[str, Any]]) -> None:
    lines = ",\n".join(f"  {json.dumps(rule, ensure_ascii=False)}" for rule in rules)
    click.echo(f"[\n{lines}\n]" if rules else "[]")
