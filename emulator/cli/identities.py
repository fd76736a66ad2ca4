"""`maptrail identities`: what an identities file holds, and whether it can be taken."""

from collections import Counter
from pathlib import Path

import click

from emulator.cli.grammar import Group, examples

__all__ = ["identities"]

_EXAMPLE = examples("maptrail identities check identities.toml")
_WORDS = {"User": "users", "Root": "roots", "Role": "roles", "Service": "services"}


@click.group(cls=Group, epilog=_EXAMPLE)
def identities() -> None:
    """Check identities files."""


@identities.command(epilog=_EXAMPLE)
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Check that FILE is valid, and show what it lists.

    Exit code 1 if it cannot. Policies are read, too; secrets are never shown.
    """
    from emulator.identities.reading import read

    found = read(file)
    listed = [*found.principals, *found.roles]
    counts = Counter(type(each).__name__ for each in listed)
    accounts = len({each.account for each in listed})
    told = ", ".join(f"{words} {counts[name]}" for name, words in _WORDS.items())
    click.echo(f"{file} is good: {told}, accounts {accounts}.")
