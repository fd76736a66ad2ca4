"""`maptrail clock`: what time it is at a running server, and moving its clock."""

import re
from pathlib import Path
from typing import Any

import click

from emulator.cli.grammar import DefaultGroup, examples
from emulator.cli.options import server_options
from emulator.cli.remote import Server

__all__ = ["clock"]

_DURATION = re.compile(
    r"(?P<back>-?)(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s?)?", re.ASCII
)
_LENGTHS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


@click.group(cls=DefaultGroup, default="show", epilog=examples("maptrail clock advance 1h30m"))
def clock() -> None:
    """Show the time of a running server, or move its clock.

    What is due by then is done: operations end, sessions expire, custom health counts.
    """


@clock.command(epilog=examples("maptrail clock show"))
@server_options
def show(config: Path | None, url: str | None, **flags: str | None) -> None:
    """Show the time, and whether the clock is frozen."""
    _tell(Server.meant(url, config, flags).answer("GET", "clock"))


@clock.command(epilog=examples("maptrail clock advance 90", "maptrail clock advance 1h30m"))
@click.argument("duration")
@server_options
def advance(config: Path | None, url: str | None, duration: str, **flags: str | None) -> None:
    """Move the clock forward by DURATION, such as 90 or 1h30m."""
    _order(url, config, flags, {"advance": _seconds(duration)})


@clock.command(epilog=examples("maptrail clock freeze 2026-11-22T16:35:00Z"))
@click.argument("time", required=False)
@server_options
def freeze(config: Path | None, url: str | None, time: str | None, **flags: str | None) -> None:
    """Stop the clock, now or at TIME."""
    _order(url, config, flags, {"freeze": time or True})


@clock.command(epilog=examples("maptrail clock reset"))
@server_options
def reset(config: Path | None, url: str | None, **flags: str | None) -> None:
    """Set the clock back to the real time, and let it run."""
    _order(url, config, flags, {"reset": True})


def _order(url: str | None, config: Path | None, flags: dict[str, str | None], order: dict[str, Any]) -> None:
    _tell(Server.meant(url, config, flags).answer("PUT", "clock", document=order))


def _tell(answer: dict[str, Any]) -> None:
    offset = round(answer["offset"])
    state = "frozen" if answer["frozen"] else "running"
    if offset and not answer["frozen"]:
        state = f"{abs(offset)} s {'ahead' if offset > 0 else 'behind'}"
    click.echo(f"{answer['now']}  {state}")


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text)
    parts = {} if found is None else {unit: found[unit] for unit in _LENGTHS if found[unit]}
    if found is None or not parts:
        raise click.UsageError(f"DURATION is {text!r}: it takes seconds, or a time such as 5m, 1h30m or 2d.")
    seconds = sum(float(number) * _LENGTHS[unit] for unit, number in parts.items())
    return -seconds if found["back"] else seconds
