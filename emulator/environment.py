"""What an AWS SDK needs to know of a server, as environment variables in the words of several shells."""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from emulator.settings import Settings

__all__ = ["ENDPOINT_FILE", "FORMATS", "Endpoint", "render", "variables"]

ENDPOINT_FILE = "endpoint.json"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 -- listened on, not to be called
_SECRET_KEY = "maptrail"  # noqa: S105 -- any is taken
_SERVICES = ("SERVICEDISCOVERY", "CLOUDTRAIL", "STS")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server answers, and the region and the account of callers who name none."""

    url: str
    region: str
    account: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The endpoint of a server with these settings."""
        host = _EVERYWHERE.get(settings.host) or (f"[{settings.host}]" if ":" in settings.host else settings.host)
        return cls(f"http://{host}:{settings.port}", settings.region, settings.account)

    @classmethod
    def last_started(cls, settings: Settings) -> Self | None:
        """The endpoint of the server last started on the data directory, if one was."""
        try:
            noted = json.loads((settings.data / ENDPOINT_FILE).read_text(encoding="utf-8"))
            url, region, account = noted["url"], noted.get("region"), noted.get("account")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return cls(str(url), str(region or settings.region), str(account or settings.account))


def variables(endpoint: Endpoint, *, with_s3: bool = False) -> dict[str, str]:
    """The variables that send an SDK's calls to the server.

    S3 only when it is asked for: it would send all of a program's S3 traffic.
    """
    services = (*_SERVICES, "S3") if with_s3 else _SERVICES
    return {
        **{f"AWS_ENDPOINT_URL_{service}": endpoint.url for service in services},
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_REGION": endpoint.region,
        "AWS_DEFAULT_REGION": endpoint.region,
        "AWS_ACCESS_KEY_ID": endpoint.account,
        "AWS_SECRET_ACCESS_KEY": _SECRET_KEY,
    }


def _sh(values: Mapping[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())


def _dotenv(values: Mapping[str, str]) -> str:
    return "\n".join(f"{name}={value}" for name, value in values.items())


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(values, indent=2)


def _powershell(values: Mapping[str, str]) -> str:
    quoted = {name: value.replace("'", "''") for name, value in values.items()}
    return "\n".join(f"$Env:{name} = '{value}'" for name, value in quoted.items())


_FORMATS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "sh": _sh,
    "dotenv": _dotenv,
    "json": _json,
    "powershell": _powershell,
}
FORMATS = tuple(_FORMATS)


def render(values: Mapping[str, str], form: str) -> str:
    """Write variables in one of the `FORMATS`, without a final line break."""
    return _FORMATS[form](values)
