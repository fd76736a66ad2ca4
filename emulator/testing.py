"""A running server as tests see it: clients of it, its clock, its faults. The pytest plugin hands these out."""

from __future__ import annotations

import json
import os
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from emulator.environment import Endpoint, variables
from emulator.settings import Settings, StartError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Clock", "FaultRules", "Maptrail", "running", "started"]

_TIMEOUT = 30.0
_open = build_opener(ProxyHandler({})).open  # a proxy of the environment does not lead to this machine


@dataclass(frozen=True, slots=True)
class Maptrail:
    """A server, and the account and region in which it is spoken to.

    ``s3`` is the folder of its buckets if it is within reach. ``own`` is whether it was started for these tests,
    ``alone`` whether this test has it for itself.
    """

    url: str
    account: str
    region: str
    s3: Path | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    own: bool = field(default=True, repr=False)
    alone: bool = field(default=True, repr=False)

    def client(self, service: str, *, access_key: str | None = None, region: str | None = None, **options: Any) -> Any:
        """A boto3 client that calls this server, its host prefix off; ``access_key`` says who calls.

        ``config`` and the other options are those of ``boto3.client``.
        """
        from botocore.config import Config

        config = Config(inject_host_prefix=False)
        given = {
            "endpoint_url": self.url,
            "region_name": region or self.region,
            "aws_access_key_id": access_key or self.account,
            "aws_secret_access_key": "maptrail",
            **options,
        }
        given["config"] = config.merge(given["config"]) if given.get("config") else config
        return _session().client(service, **given)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send an SDK's calls here, as ``maptrail env`` prints them."""
        return variables(Endpoint(self.url, self.region, self.account))

    def reset(self) -> None:
        """Back to the beginning: state, history, trails, faults, clock and files."""
        self.ask("POST", "reset")

    def flush(self) -> list[str]:
        """Deliver what is pending; the keys of the files that this wrote, as ``bucket/key``."""
        keys: list[str] = self.ask("POST", "flush")["keys"]
        return keys

    def download(self, folder: Path, prefix: str) -> list[Path]:
        """Fetch by the S3 API what has keys that begin so, in any bucket, into a folder a bucket; the paths there."""
        from botocore.config import Config

        fetched = []
        with closing(self.client("s3", config=Config(s3={"addressing_style": "path"}))) as s3:
            for bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
                pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
                for key in [each["Key"] for page in pages for each in page.get("Contents", ())]:
                    if not key.endswith("/"):
                        path = folder / bucket / key
                        path.parent.mkdir(parents=True, exist_ok=True)
                        s3.download_file(bucket, key, str(path))
                        fetched.append(path)
        return fetched

    def ask(self, method: str, path: str, document: Any = None) -> Any:
        """Speak to an admin endpoint, ``/_maptrail/<path>``: JSON in, JSON out. ``ValueError`` says why it refused."""
        return json.loads(self._send(method, path, document)[1])

    def records(self, **wanted: str) -> Iterator[dict[str, Any]]:
        """The records that match words of ``GET /_maptrail/events``, in the order of the calls."""
        cursor = ""
        while True:
            query = wanted | ({"after": cursor} if cursor else {})
            headers, body = self._send("GET", f"events?{urlencode(query)}")
            yield from map(json.loads, body.splitlines())
            if headers["X-Maptrail-Cursor"] == cursor:
                return
            cursor = headers["X-Maptrail-Cursor"]

    def _send(self, method: str, path: str, document: Any = None) -> tuple[Mapping[str, str], bytes]:
        data = None if document is None else json.dumps(document).encode()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = Request(f"{self.url}/_maptrail/{path}", data, headers, method=method)  # noqa: S310 -- ours
        try:
            with _open(request, timeout=_TIMEOUT) as answer:
                return answer.headers, answer.read()
        except HTTPError as error:
            with error:
                raise ValueError(_reason(error.read()) or str(error)) from None


def _reason(answer: bytes) -> str | None:
    """The sentence of an admin endpoint that refuses; None where somebody else answers."""
    try:
        told = json.loads(answer)
    except ValueError:
        return None
    return told.get("error") if isinstance(told, dict) else None


@contextmanager
def started(options: Mapping[str, Any]) -> Iterator[Maptrail]:
    """A server of one's own, in a thread, with these options of ``maptrail serve``."""
    from emulator.embedded import Emulator

    with Emulator(**options) as server:
        settings, s3 = server.settings, server.machine.directory.s3
        yield Maptrail(server.url, settings.account, settings.region, s3, settings.admin_token)


@contextmanager
def running(url: str) -> Iterator[Maptrail]:
    """A server that runs already. ``StartError`` if none answers there."""
    defaults = Settings()
    token = os.environ.get("MAPTRAIL_ADMIN_TOKEN") or None
    server = Maptrail(url.rstrip("/"), defaults.account, defaults.region, token=token, own=False, alone=False)
    try:
        server.ask("GET", "health")
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise StartError(f"No Maptrail answers at {url} ({reason}): is --maptrail-url right?") from None
    try:
        server.ask("GET", "clock")
    except ValueError as error:
        raise StartError(f"The Maptrail at {url} refuses: {error} Set MAPTRAIL_ADMIN_TOKEN to it.") from None
    yield server


class Clock:
    """The server's clock. Moving it ends what is due: operations, sessions, custom health."""

    def __init__(self, maptrail: Maptrail) -> None:
        self._maptrail = maptrail

    def now(self) -> datetime:
        """The time there."""
        return datetime.fromisoformat(self._maptrail.ask("GET", "clock")["now"])

    def advance(self, by: float | timedelta) -> datetime:
        """Move the clock forward, by seconds or a ``timedelta``; the time then."""
        return self._move({"advance": by.total_seconds() if isinstance(by, timedelta) else by})

    def freeze(self, at: datetime | str | None = None) -> datetime:
        """Let the clock stand still, now or at a time; that time."""
        return self._move({"freeze": True if at is None else at.isoformat() if isinstance(at, datetime) else at})

    def reset(self) -> datetime:
        """Set the clock back to the real time, and let it run."""
        return self._move({"reset": True})

    def _move(self, order: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(self._maptrail.ask("PUT", "clock", order)["now"])


class FaultRules:
    """The rules that make calls fail. Where tests share the server, they are of the test's account only."""

    def __init__(self, maptrail: Maptrail) -> None:
        self._maptrail = maptrail

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules there are, or those of the test's account; ``times`` counts what is left."""
        found: list[dict[str, Any]] = self._maptrail.ask("GET", self._path)
        return found

    def add(self, **rule: Any) -> None:
        """Add a rule behind those there are, such as ``add(operation="RegisterInstance", drop=True, times=1)``.

        ``ValueError`` for one that is none.
        """
        place = {} if self._maptrail.alone else {"account": self._maptrail.account}
        self._maptrail.ask("PUT", self._path, [*self.rules, place | rule])

    def clear(self) -> None:
        """Remove the rules: none of this test's account, where others have theirs."""
        self._maptrail.ask("DELETE", self._path)

    @property
    def _path(self) -> str:
        return "faults" if self._maptrail.alone else f"faults?account={self._maptrail.account}"


@cache
def _session() -> Any:
    """A session that reads neither the user's configuration nor a profile; one, since it reads models for long."""
    import boto3
    import botocore.session

    nowhere, nobody = (None, None, os.devnull, None), (None, None, None, None)
    own = {"config_file": nowhere, "credentials_file": nowhere, "profile": nobody}
    return boto3.Session(botocore_session=botocore.session.Session(session_vars=own))
