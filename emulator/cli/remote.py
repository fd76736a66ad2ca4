"""The commands that speak with a running server, over its admin paths."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlencode, urlsplit

import click

from emulator.cli.grammar import examples
from emulator.cli.options import endpoint, server_options, settings
from emulator.configuration import Flags
from emulator.settings import SettingsError

__all__ = ["Server", "UnreachableError", "flush", "health", "reset"]

_TIMEOUT = 30.0
_CONNECTIONS: Mapping[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}


class UnreachableError(click.ClickException):
    """No server answers, or its answer ends too soon."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}.")
        self.what = what


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its address, the account and region of callers who name none, and the admin token if any."""

    url: str
    account: str
    region: str
    token: str | None = None

    @classmethod
    def meant(cls, url: str | None, config: Path | None, flags: Flags) -> Self:
        """The server that the words of a command mean."""
        wanted = settings(flags, config)
        if url is not None:
            return cls(url, wanted.account, wanted.region, wanted.admin_token)
        noted = endpoint(flags, config)
        return cls(noted.url, noted.account, noted.region, wanted.admin_token)

    def ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: IO[bytes] | bytes | None = None
    ) -> HTTPResponse:
        """Send one admin request; whatever goes wrong is a sentence with the remedy."""
        target = f"/_maptrail/{path}" + (f"?{urlencode(query)}" if query else "")
        response = self.send(method, target, body, {"Authorization": f"Bearer {self.token}"} if self.token else {})
        if response.status == 401:
            raise click.ClickException(
                f"The server at {self.url} asks for its admin token: give it by --admin-token or MAPTRAIL_ADMIN_TOKEN."
            )
        if response.status != 200:
            raise click.ClickException(_refusal(response))
        return response

    def send(
        self, method: str, target: str, body: IO[bytes] | bytes | None, headers: Mapping[str, str]
    ) -> HTTPResponse:
        """Send any request; a file as body is sent as it is read."""
        try:
            connection = _connection(self.url)
            connection.request(method, target, body, {"Connection": "close", **headers})
            return connection.getresponse()
        except (OSError, HTTPException) as error:
            raise self.unreachable(error) from None

    def unreachable(self, error: Exception) -> UnreachableError:
        """What to say of a server that does not answer to the end."""
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        remedy = "start one with 'maptrail serve', or name it with --url"
        return UnreachableError(f"No Maptrail answers at {self.url} ({reason})", remedy)

    def answer(self, method: str, path: str, query: Mapping[str, str] | None = None, document: Any = None) -> Any:
        """Send one admin request, with a document in JSON if there is one, and read its answer."""
        body = self.ask(method, path, query, None if document is None else json.dumps(document).encode()).read()
        try:
            return json.loads(body)
        except ValueError:
            raise click.ClickException(f"What answers at {self.url} is not Maptrail: name one with --url.") from None


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


@click.command(epilog=examples("maptrail flush --digest"))
@server_options
@click.option("--digest", is_flag=True, help="End the digest period, too.")
def flush(config: Path | None, url: str | None, digest: bool, **flags: str | bool | None) -> None:
    """Deliver what is pending and print the keys of the files."""
    answer = Server.meant(url, config, flags).answer("POST", "flush", {"digest": "1"} if digest else None)
    for key in answer["keys"]:
        click.echo(key)


@click.command(epilog=examples("maptrail reset --keep-files"))
@server_options
@click.option("--keep-files", is_flag=True, help="Leave the buckets and their files.")
def reset(config: Path | None, url: str | None, keep_files: bool, **flags: str | bool | None) -> None:
    """Empty the server: no state, no history, no files."""
    Server.meant(url, config, flags).answer("POST", "reset", {"keep": "files"} if keep_files else None)


@click.command(epilog=examples("maptrail health --port 4610"))
@server_options
def health(config: Path | None, url: str | None, **flags: str | bool | None) -> None:
    """Say whether the server can take calls; exit code 1 if not."""
    server = Server.meant(url, config, flags)
    answer = server.answer("GET", "health")
    click.echo(f"{answer['status']}: maptrail {answer['version']} at {server.url}")
