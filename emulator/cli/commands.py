"""The commands of `maptrail`, each a few lines over what it runs."""

import signal
import sys
from collections.abc import Iterator
from importlib.metadata import version as installed
from pathlib import Path

import click

import emulator
from emulator.cli.clock import clock
from emulator.cli.completion import completion
from emulator.cli.content import seed, snapshot
from emulator.cli.events import events
from emulator.cli.faults import faults
from emulator.cli.grammar import DefaultGroup, choice, examples
from emulator.cli.identities import identities
from emulator.cli.options import endpoint, settings, settings_options
from emulator.cli.policy import policy
from emulator.cli.remote import flush, health, reset
from emulator.cli.verify import verify
from emulator.environment import FORMATS, render, variables

__all__ = ["maptrail"]

_NOTED = ("host", "port", "account", "region")
_OF_IT = {"host": "Its host.", "port": "Its port.", "data": "Its data directory, where its address is noted."}
_HEADINGS = {
    "Begin": ("serve", "demo", "env"),
    "Look": ("events", "policy", "verify", "health", "operations", "version"),
    "Change a running server": ("flush", "reset", "seed", "snapshot", "clock", "faults"),
    "Set up": ("identities", "completion"),
}


def _versions() -> Iterator[str]:
    from emulator.services import SERVICES

    yield f"maptrail {emulator.__version__}"
    yield f"botocore {installed('botocore')}"
    for name, operations in SERVICES.items():
        yield f"{name} {next(iter(operations.values())).service.api_version}"


def _print_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo("\n".join(_versions()))
        ctx.exit()


@click.group(
    cls=DefaultGroup,
    default="serve",
    headings=_HEADINGS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Without a command: serve. Every option has a twin in the environment (--port: MAPTRAIL_PORT) and a key in "
    "maptrail.toml (port). Exit codes: 0 done, 1 failed, 2 wrong usage.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Same as version."
)
def maptrail() -> None:
    """AWS Cloud Map on one machine, with the CloudTrail that real calls leave."""


@maptrail.command(epilog=examples("maptrail serve --port 4700 --data state", "MAPTRAIL_PORT=4700 maptrail serve"))
@settings_options()
def serve(config: Path | None, **flags: str | bool | None) -> int:
    """Serve until Ctrl-C or SIGTERM.

    What is given by no option is that of the environment (--port-file: MAPTRAIL_PORT_FILE), else of maptrail.toml
    (port_file), else the default.
    """
    # From the beginning: to process 1, as which a container runs it, SIGTERM does nothing unless it is handled.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    wanted = settings(flags, config)
    from emulator.serving import serve as run

    return run(wanted)


@maptrail.command(epilog=examples('eval "$(maptrail env)"', "maptrail env --format dotenv > .env"))
@settings_options(
    "host", "port", "data", "account", "region", told=_OF_IT, **dict.fromkeys(_NOTED, "the last server's")
)
@choice("--format", "form", FORMATS, "What it is written for.")
@click.option("--with-s3", is_flag=True, help="Send S3 calls here, too: every one that a program makes.")
def env(config: Path | None, form: str, with_s3: bool, **flags: str | bool | None) -> None:
    """Print the environment variables that an AWS SDK needs.

    Of the server last started on the data directory, unless --host or --port name another.
    """
    click.echo(render(variables(endpoint(flags, config), with_s3=with_s3), form))


@maptrail.command(epilog=examples("maptrail demo --data story"))
@settings_options("data", "s3_dir", "account", "region", data="a temporary one")
def demo(config: Path | None, **flags: str | bool | None) -> int:
    """Show calls by three callers, and the records they leave."""
    wanted = settings(flags, config)
    from emulator.demo import run

    return run(wanted)


for command in (events, policy, flush, verify, reset, seed, snapshot, clock, faults, identities, health, completion):
    maptrail.add_command(command)


@maptrail.command(epilog=examples("maptrail operations"))
def operations() -> None:
    """Print each operation, its event category, read or write."""
    from emulator.services import SERVICES

    widest = max(len(name) for operations in SERVICES.values() for name in operations)
    for service, operations in SERVICES.items():
        for name, operation in sorted(operations.items()):
            category = "data" if operation.data_resources else "management"
            kind = "read" if operation.read_only else "write"
            click.echo(f"{service:{max(map(len, SERVICES))}}  {name:{widest}}  {category:10}  {kind}")


@maptrail.command(epilog=examples("maptrail version"))
def version() -> None:
    """Print the version, botocore's, and the dates of the APIs."""
    click.echo("\n".join(_versions()))
