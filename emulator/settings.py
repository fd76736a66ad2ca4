"""The settings of a server: one table, from which flags, environment, file and documentation are derived."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from emulator.nearest import nearest, one_of
from emulator.proxies import networks
from emulator.subscriptions import subscriptions
from trail.place import REGION
from trail.post import is_url

__all__ = ["BY_NAME", "OPTIONS", "Option", "Settings", "SettingsError", "StartError"]

PREFIX = "MAPTRAIL_"

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class SettingsError(Exception):
    """A setting is unknown or its value is off; the message is one sentence with the remedy."""


class StartError(Exception):
    """The server cannot start; the message is one sentence with the remedy."""


def _option(default: Any, help_text: str, **facts: Any) -> Any:
    return field(default=default, metadata={"help": help_text, **facts})


def _seconds(default: float, help_text: str) -> Any:
    return _option(
        default,
        help_text,
        metavar="SECONDS",
        accepts=lambda value: 0 <= value < float("inf"),
        expects="a number of seconds, 0 or more",
    )


def _pattern(default: str | None, help_text: str, metavar: str, pattern: str, expects: str) -> Any:
    return _option(
        default,
        help_text,
        metavar=metavar,
        accepts=lambda value: re.fullmatch(pattern, value, re.ASCII) is not None,
        expects=expects,
    )


def _url(help_text: str) -> Any:
    return _option(None, help_text, metavar="URL", accepts=is_url, expects="an address, such as http://127.0.0.1:8000")


def _are_subscriptions(text: str) -> bool:
    try:
        subscriptions(text)
    except ValueError:
        return False
    return True


def _are_networks(text: str) -> bool:
    try:
        networks(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server behaves."""

    host: str = _option(
        "127.0.0.1", "Address to listen on.", metavar="HOST", accepts=bool, expects="an address, such as 127.0.0.1"
    )
    port: int = _option(
        4610,
        "Port to listen on; 0 picks a free one.",
        metavar="PORT",
        accepts=lambda value: 0 <= value <= 65535,
        expects="a number from 0 to 65535",
    )
    port_file: Path | None = _option(None, "Write the port to this file once listening.", metavar="FILE")
    data: Path = _option(Path("maptrail-data"), "Directory of the state, the history and the buckets.", metavar="DIR")
    ephemeral: bool = _option(False, "Use a temporary data directory, removed at exit.")
    s3_dir: Path | None = _option(None, "The local S3: one folder a bucket.", metavar="DIR", shown_default="DATA/s3")
    s3_endpoint_url: str | None = _url("Deliver to the S3 there instead, with the credentials that boto3 finds.")
    account: str = _pattern(
        "111122223333", "Account of callers whose access key id names none.", "ACCOUNT", r"[0-9]{12}", "12 digits"
    )
    region: str = _pattern(
        "us-east-1",
        "Region of requests that are not signed for one.",
        "REGION",
        REGION,
        "a region, such as us-east-1",
    )
    default_trail: bool = _option(True, "Give each account the trail 'maptrail'.")
    identities: Path | None = _option(None, "Who the access keys are, in TOML.", metavar="FILE")
    auth: Literal["open", "known", "signed"] = _option(
        "open", "Let in any access key, only known ones, or only their valid signatures."
    )
    authorize: bool = _option(False, "Evaluate the IAM policies of the identities.")
    trusted_proxies: str = _option(
        "",
        "Networks of proxies whose X-Forwarded-For names the caller.",
        metavar="CIDR,...",
        accepts=_are_networks,
        expects="networks, such as 10.0.0.0/8,::1",
    )
    delivery_interval: float = _seconds(1.0, "How often log files are delivered; 0: before each answer; 300: as AWS.")
    digest_interval: int = _option(
        3600,
        "How often digests of the log files are delivered.",
        metavar="SECONDS",
        accepts=lambda value: 1 <= value <= 10**9,
        expects="a whole number of seconds, 1 or more",
    )
    sns_endpoint_url: str | None = _url("Publish notifications to the SNS at this address.")
    sns_subscribers: str = _option(
        "",
        "Who gets the notifications: of every topic, or of one.",
        metavar="[TOPIC=]URL,...",
        accepts=_are_subscriptions,
        expects="addresses, such as http://127.0.0.1:8000/,topic=http://127.0.0.1:8001/",
    )
    webhook: str | None = _url("Post an EventBridge event of each record to this address.")
    operation_delay: float = _seconds(0.0, "How long an asynchronous operation takes.")
    custom_health_delay: float = _seconds(0.0, "How long a custom health status takes to count; 30 on AWS.")
    quotas: Literal["aws", "off"] = _option("aws", "How many of each thing there may be.")
    admin_token: str | None = _pattern(
        None,
        "Ask for this token at the admin endpoints; health stays open.",
        "TOKEN",
        r"[\x21-\x7e]{1,256}",
        "1 to 256 printable characters without spaces",
    )
    allowed_origins: str = _pattern(
        "localhost,127.0.0.1,::1",
        "Sites that may write through the admin endpoints: host names, or origins such as https://tools.example.",
        "ORIGIN,...",
        r"[a-zA-Z0-9.:/\[\]-]+(, ?[a-zA-Z0-9.:/\[\]-]+)*",
        "host names or origins with commas between",
    )
    seed: Path | None = _option(None, "API calls to make at the first start, in JSON.", metavar="FILE")
    chaos: bool = _option(False, "Begin with faults: some calls fail, come late or get no answer.")
    fault_seed: int = _option(
        0,
        "Seed of the faults' random choices: the same seed, the same faults.",
        metavar="NUMBER",
        accepts=lambda value: 0 <= value < 1 << 63,
        expects="a whole number, 0 or more",
    )
    fsync: bool = _option(False, "Make a committed call survive a power cut.")
    event_version: str = _pattern(
        "1.11", "The eventVersion of the records.", "VERSION", r"1\.[0-9]{2}", "a version, such as 1.11"
    )
    log_format: Literal["text", "json"] = _option("text", "How a call is logged.")
    log_level: Literal["debug", "info", "warning", "error"] = _option("info", "The least that is logged.")

    def __post_init__(self) -> None:
        for option in OPTIONS:
            option.check(getattr(self, option.name), option.name)
        if self.auth != "open" and self.identities is None:
            raise SettingsError(f"auth is {self.auth!r}: it takes identities, too, the file that lists the keys.")
        if self.authorize and self.identities is None:
            raise SettingsError("authorize is on: it takes identities, too, the file that lists the policies.")

    @property
    def s3_root(self) -> Path:
        """The directory that holds the buckets."""
        return self.s3_dir if self.s3_dir is not None else self.data / "s3"


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table: a field of `Settings` and how it is spelled, read and explained."""

    name: str
    kind: type
    default: Any
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    accepts: Callable[[Any], bool] | None = None
    expects: str = ""
    shown_default: str = ""

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The option in the environment."""
        return PREFIX + self.name.upper()

    @property
    def default_text(self) -> str:
        """The default as help and documentation show it; empty where there is none."""
        if self.kind is bool:
            return "on" if self.default else "off"
        if self.kind is Path and self.default is not None:
            return f"./{self.default}"
        if self.kind is float:
            return f"{self.default:g}"
        return self.shown_default or ("" if self.default is None else str(self.default))

    def check(self, value: Any, source: str, text: str = "") -> None:
        """Refuse a value that this option does not accept; `source` names where it stands, as `text` if as text."""
        if value is None and self.default is None:
            return
        allowed = value in self.choices if self.choices else self.accepts is None or self.accepts(value)
        if not allowed:
            shown = text or str(value)
            raise SettingsError(f"{source} is {shown!r}: it takes {self._expected()}" + nearest(shown, self.choices))

    def parse(self, text: str, source: str) -> Any:
        """Read the value from a flag or a variable."""
        try:
            value = _PARSERS[self.kind](text)
        except ValueError:
            raise SettingsError(f"{source} is {text!r}: it takes {self._expected()}.") from None
        self.check(value, source, text)
        return value

    def from_toml(self, value: object, source: str, folder: Path) -> Any:
        """Read the value from a configuration file; a relative path starts at the file's folder."""
        wanted = str if self.kind is Path else self.kind
        if self.kind is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            quotes = ", in quotes" if wanted is str and not isinstance(value, str) else ""
            raise SettingsError(f"{source} is {value!r}: it takes {self._expected()}{quotes}.")
        result = folder / value if self.kind is Path and isinstance(value, str) else value
        self.check(result, source)
        return result

    def _expected(self) -> str:
        return self.expects or one_of(self.choices) or _KIND_WORDS[self.kind]


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(text)


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError(text)
    return Path(text)


_PARSERS: dict[type, Callable[[str], Any]] = {bool: _boolean, int: int, float: float, str: str, Path: _path}
_KIND_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path"}


def _table() -> tuple[Option, ...]:
    rows = []
    for row in fields(Settings):
        kind, choices = row.type, ()
        if get_origin(kind) is Literal:
            kind, choices = str, get_args(kind)
        elif isinstance(kind, UnionType):
            kind = get_args(kind)[0]
        facts = dict(row.metadata)
        rows.append(Option(row.name, kind, row.default, facts.pop("help"), choices=choices, **facts))  # type: ignore[arg-type]
    return tuple(rows)


OPTIONS: tuple[Option, ...] = _table()
BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}
