"""The options of the command line, derived from the table of settings, and the group that serves by default."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from emulator.configuration import Flags, load
from emulator.environment import Endpoint
from emulator.nearest import nearest
from emulator.settings import BY_NAME, Option, Settings, SettingsError

__all__ = ["Command", "DefaultGroup", "endpoint", "settings", "settings_options", "url_option"]

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT_COMMAND = "serve"
_GROUP_FLAGS = {"-h", "--help", "--version"}


class DefaultGroup(click.Group):
    """Commands in the order they were written; words that name none are those of `serve`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in where the first word is an option, or there is no word."""
        unnamed = not args or (args[0].startswith("-") and args[0] not in _GROUP_FLAGS)
        if unnamed and not ctx.resilient_parsing:  # which is how a shell asks for the words that may follow
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- the signature is click's
        """The commands as they were written, not by the alphabet."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command; the error for an unknown one suggests the nearest."""
        command = super().get_command(ctx, cmd_name)
        if command is None:
            raise click.UsageError(f"No such command {cmd_name}" + nearest(cmd_name, self.commands), ctx)
        return command


def settings_options(*names: str, **defaults: str) -> Callable[[Command], Command]:
    """Give a command the options of these settings, all of them when none is named, and `--config`.

    `defaults` says what holds for this command where an option is not given, if that is not the setting's own default.
    """
    chosen = [BY_NAME[name] for name in names] or list(BY_NAME.values())

    def decorate(command: Command) -> Command:
        decorated = click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            envvar="MAPTRAIL_CONFIG",
            help="Settings in TOML. [default: ./maptrail.toml, if there]",
        )(command)
        for option in reversed(chosen):
            decorated = _click_option(option, defaults.get(option.name, option.default_text))(decorated)
        return decorated

    return decorate


def _click_option(option: Option, default: str) -> Callable[[Command], Command]:
    told = f"{option.help} [default: {default}]" if default else option.help
    if option.kind is bool:
        return click.option(f"{option.flag}/--no-{option.flag[2:]}", option.name, default=None, help=told)
    metavar = option.metavar or f"[{'|'.join(option.choices)}]"
    return click.option(option.flag, option.name, type=str, metavar=metavar, help=told)


def url_option(command: Command) -> Command:
    """Give a command `--url`, the address of a running server."""
    told = "Address of the server. [default: the one last started on DATA]"
    return click.option("--url", metavar="URL", envvar="MAPTRAIL_URL", help=told)(command)


def settings(flags: Flags, config: Path | None) -> Settings:
    """The settings under these flags, in this process's environment."""
    return load(flags, os.environ, config)


def endpoint(flags: Flags, config: Path | None) -> Endpoint:
    """The server that is meant: the one at the flags' host and port, else the one last started on the data directory.

    Where none was started, the one that would be, were `maptrail serve` run with the same words.
    """
    wanted = settings(flags, config)
    named = flags.get("host") is not None or flags.get("port") is not None
    noted = None if named or wanted.ephemeral else Endpoint.last_started(wanted)
    if noted is None and wanted.port == 0:
        raise SettingsError(f"No server was started on {wanted.data}: name the port with --port.")
    if noted is None:
        return Endpoint.of(wanted)
    return Endpoint(
        noted.url,
        wanted.region if flags.get("region") else noted.region,
        wanted.account if flags.get("account") else noted.account,
    )
