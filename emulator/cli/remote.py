"""The commands that speak with a running server, over its admin paths."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import click

from emulator.cli.options import endpoint, settings_options, url_option
from emulator.settings import SettingsError

__all__ = ["flush", "health", "reset"]

_TIMEOUT = 30.0
_CONNECTIONS: Mapping[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}


def ask(url: str, method: str, path: str, query: Mapping[str, str] | None = None) -> HTTPResponse:
    """Send one admin request; whatever goes wrong is a sentence with the remedy."""
    target = f"/_maptrail/{path}" + (f"?{urlencode(query)}" if query else "")
    connection = _connection(url)
    try:
        connection.request(method, target, headers={"Connection": "close"})
        response = connection.getresponse()
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        remedy = "start one with 'maptrail serve', or name it with --url"
        raise click.ClickException(f"No maptrail answers at {url} ({reason}): {remedy}.") from None
    if response.status != 200:
        raise click.ClickException(_refusal(response))
    return response


def _connection(url: str) -> HTTPConnection:
    try:
        parts = urlsplit(url)
        return _CONNECTIONS[parts.scheme](parts.hostname or "", parts.port, timeout=_TIMEOUT)
    except (KeyError, ValueError):
        raise SettingsError(f"{url} is not an address, such as http://127.0.0.1:4610.") from None


def _refusal(response: HTTPResponse) -> str:
    try:
        document = json.loads(response.read())
        return str(document.get("error") or document["reason"])
    except (ValueError, KeyError, AttributeError):
        return f"The server answered {response.status}: is it a maptrail?"


def _answer(url: str, method: str, path: str, query: Mapping[str, str] | None = None) -> Any:
    body = ask(url, method, path, query).read()
    try:
        return json.loads(body)
    except ValueError:
        raise click.ClickException(f"What answers at {url} is no maptrail: name one with --url.") from None


@click.command()
@settings_options("data")
@url_option
@click.option("--digest", is_flag=True, help="End the digests' period, too.")
def flush(config: Path | None, url: str | None, digest: bool, **flags: str | bool | None) -> None:
    """Deliver what is pending and print the keys of the files."""
    answer = _answer(url or endpoint(flags, config).url, "POST", "flush", {"digest": "1"} if digest else None)
    for key in answer["keys"]:
        click.echo(key)


@click.command()
@settings_options("data")
@url_option
@click.option("--keep-files", is_flag=True, help="Leave the buckets and their files.")
def reset(config: Path | None, url: str | None, keep_files: bool, **flags: str | bool | None) -> None:
    """Make the server as new: no state, no history, no files."""
    _answer(url or endpoint(flags, config).url, "POST", "reset", {"keep": "files"} if keep_files else None)


@click.command()
@settings_options("data")
@url_option
def health(config: Path | None, url: str | None, **flags: str | bool | None) -> None:
    """Say whether the server can take calls; exit code 1 if not."""
    where = url or endpoint(flags, config).url
    answer = _answer(where, "GET", "health")
    click.echo(f"{answer['status']}: maptrail {answer['version']} at {where}")
