"""The options of the command line, derived from the table of settings, and the server that they mean."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from emulator.cli.grammar import Command, words
from emulator.configuration import Flags, load
from emulator.environment import Endpoint
from emulator.settings import BY_NAME, Option, Settings, SettingsError

__all__ = ["SERVER_OPTIONS", "endpoint", "server_options", "settings", "settings_options"]

_OF_A_SERVER = {
    "host": "Its host, unless --url is given.",
    "port": "Its port, unless --url is given.",
    "data": "Its data directory, where its address is noted.",
    "admin_token": "Its admin token. [env: MAPTRAIL_ADMIN_TOKEN]",
}
SERVER_OPTIONS = tuple(_OF_A_SERVER)
"""The settings that say which running server is meant, and let a command in there."""


def settings_options(
    *names: str, told: Mapping[str, str] | None = None, **defaults: str
) -> Callable[[Command], Command]:
    """Give a command the options of these settings, all of them when none is named, and `--config`.

    For this command `told` says what an option is for, and `defaults` what holds where it is not given, if that is not
    what the table says.
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
            meaning = (told or {}).get(option.name, option.help)
            decorated = _click_option(option, meaning, defaults.get(option.name, option.default_text))(decorated)
        return decorated

    return decorate


def _click_option(option: Option, told: str, default: str) -> Callable[[Command], Command]:
    told = f"{told} [default: {default}]" if default else told
    if option.kind is bool:
        return click.option(f"{option.flag}/--no-{option.flag[2:]}", option.name, default=None, help=told)
    metavar = option.metavar or f"[{'|'.join(option.choices)}]"
    complete = words(option.choices) if option.choices else _paths(option)
    return click.option(option.flag, option.name, type=str, metavar=metavar, help=told, shell_complete=complete)


def _paths(option: Option) -> Callable[[click.Context, click.Parameter, str], list[Any]] | None:
    """Have the shell complete names of files, or of directories."""
    kind = {"FILE": "file", "DIR": "dir"}.get(option.metavar or "")
    return None if kind is None else lambda _ctx, _parameter, incomplete: [CompletionItem(incomplete, type=kind)]


def server_options(command: Command) -> Command:
    """Give a command the options that name a running server and let it in there."""
    told = "Address of the server. [default: the one last started on DATA] [env: MAPTRAIL_URL]"
    named = settings_options(*_OF_A_SERVER, told=_OF_A_SERVER, host="", port="")(command)
    return click.option("--url", metavar="URL", envvar="MAPTRAIL_URL", help=told)(named)


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
