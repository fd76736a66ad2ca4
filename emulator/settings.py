"""The settings of a server: one table, from which flags, environment, file and documentation are derived."""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

CONFIG_FILE = "maptrail.toml"
PREFIX = "MAPTRAIL_"
# Variables of the command line itself, not settings of a server.
OTHER_VARIABLES = ("MAPTRAIL_CONFIG", "MAPTRAIL_URL")

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
# What Kubernetes and Docker links set for a service that is called "maptrail": not ours, and no error.
_SERVICE_LINK = re.compile(r"MAPTRAIL_(SERVICE_(HOST|PORT.*)|PORT_\d+_(TCP|UDP).*|NAME)")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp)://")


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


def _pattern(default: str, help_text: str, metavar: str, pattern: str, expects: str) -> Any:
    return _option(
        default,
        help_text,
        metavar=metavar,
        accepts=lambda value: re.fullmatch(pattern, value, re.ASCII) is not None,
        expects=expects,
    )


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
    account: str = _pattern(
        "111122223333", "Account of callers whose access key id names none.", "ACCOUNT", r"[0-9]{12}", "12 digits"
    )
    region: str = _pattern(
        "us-east-1",
        "Region of requests that are not signed for one.",
        "REGION",
        r"[a-z]{2}(-[a-z]+)+-[0-9]+",
        "a region, such as us-east-1",
    )
    default_trail: bool = _option(True, "Give each account the trail 'maptrail'.")
    delivery_interval: float = _seconds(1.0, "How often log files are delivered; 0: before each answer; 300: as AWS.")
    operation_delay: float = _seconds(0.0, "How long an asynchronous operation takes.")
    custom_health_delay: float = _seconds(0.0, "How long a custom health status takes to count; 30 on AWS.")
    quotas: Literal["aws", "off"] = _option("aws", "How many of each thing there may be.")
    fsync: bool = _option(False, "Make a committed call survive a power cut.")
    event_version: str = _pattern(
        "1.11", "The eventVersion of the records.", "VERSION", r"1\.[0-9]{2}", "a version, such as 1.11"
    )
    log_format: Literal["text", "json"] = _option("text", "How a call is logged.")
    log_level: Literal["debug", "info", "warning", "error"] = _option("info", "The least that is logged.")

    def __post_init__(self) -> None:
        for option in OPTIONS:
            option.check(getattr(self, option.name), option.name)

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
        """The default as help and documentation show it."""
        if self.kind is bool:
            return "on" if self.default else "off"
        if self.kind is Path and self.default is not None:
            return f"./{self.default}"
        if self.kind is float:
            return f"{self.default:g}"
        return self.shown_default or ("none" if self.default is None else str(self.default))

    def check(self, value: Any, source: str) -> None:
        """Refuse a value that this option does not accept; `source` names where the value stands."""
        if value is None and self.default is None:
            return
        if self.choices and value not in self.choices:
            raise SettingsError(f"{source} is {str(value)!r}: it takes {' or '.join(self.choices)}.")
        if self.accepts is not None and not self.accepts(value):
            raise SettingsError(f"{source} is {str(value)!r}: it takes {self.expects}.")

    def parse(self, text: str, source: str) -> Any:
        """Read the value from a flag or a variable."""
        try:
            value = _PARSERS[self.kind](text)
        except ValueError:
            raise SettingsError(f"{source} is {text!r}: it takes {self._expected()}.") from None
        self.check(value, source)
        return value

    def from_toml(self, value: object, source: str, folder: Path) -> Any:
        """Read the value from a configuration file; a relative path starts at the file's folder."""
        wanted = str if self.kind is Path else self.kind
        if self.kind is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            raise SettingsError(f"{source} is {value!r}: it takes {self._expected()}.")
        result = folder / value if self.kind is Path and isinstance(value, str) else value
        self.check(result, source)
        return result

    def _expected(self) -> str:
        return self.expects or " or ".join(self.choices) or _KIND_WORDS[self.kind]


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
_KIND_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes", Path: "a path"}


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


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, as the end of a sentence."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else "."


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read the settings that the environment gives; an empty variable gives none."""
    known = {option.variable: option for option in OPTIONS}
    values = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in OTHER_VARIABLES or _SERVICE_LINK.fullmatch(variable):
            continue
        if variable not in known:
            raise SettingsError(f"Unknown environment variable {variable}" + nearest(variable, known))
        if text and not (variable == "MAPTRAIL_PORT" and _SERVICE_ADDRESS.match(text)):
            values[known[variable].name] = known[variable].parse(text, variable)
    return values


def from_file(path: Path) -> dict[str, Any]:
    """Read the settings that a configuration file gives."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read {path}: {error.strerror}; --config takes a TOML file.") from None
    except ValueError as error:
        raise SettingsError(f"{path} is not TOML: {error}.") from None
    values = {}
    for key, value in document.items():
        if key not in BY_NAME:
            raise SettingsError(f"Unknown key {key} in {path}" + nearest(key, BY_NAME))
        values[key] = BY_NAME[key].from_toml(value, f"{key} in {path}", path.parent)
    return values


def from_flags(flags: Mapping[str, str | bool | None]) -> dict[str, Any]:
    """Read the settings that the command line gives; None stands for a flag that was not."""
    values = {}
    for name, given in flags.items():
        if given is not None:
            option = BY_NAME[name]
            values[name] = given if isinstance(given, bool) else option.parse(given, option.flag)
    return values


def load(flags: Mapping[str, str | bool | None], environ: Mapping[str, str], config: Path | None = None) -> Settings:
    """Lay the settings over each other: defaults, then the file, then the environment, then flags.

    Without `config` the file is the one `MAPTRAIL_CONFIG` names, or `./maptrail.toml` if there is one.
    """
    named = config or (Path(environ["MAPTRAIL_CONFIG"]) if environ.get("MAPTRAIL_CONFIG") else None)
    if named is None and Path(CONFIG_FILE).is_file():
        named = Path(CONFIG_FILE)
    values = from_file(named) if named is not None else {}
    values.update(from_environment(environ))
    values.update(from_flags(flags))
    return Settings(**values)
