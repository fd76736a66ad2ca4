"""Where settings come from: the defaults, then the file, then the environment, then the command line's flags."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.nearest import nearest
from emulator.settings import BY_NAME, OPTIONS, PREFIX, Settings, SettingsError

__all__ = ["Flags", "from_environment", "from_file", "from_flags", "load"]

CONFIG_FILE = Path("maptrail.toml")
# Variables of the command line itself, not settings of a server.
COMMAND_VARIABLES = ("MAPTRAIL_CONFIG", "MAPTRAIL_URL")

Flags = Mapping[str, str | bool | None]
"""Options by name, as the command line gave them; None stands for one that it did not."""

# What Kubernetes and Docker links set beside a service that is called "maptrail": not ours, and no mistake.
_SERVICE_LINK = re.compile(r"MAPTRAIL_(SERVICE_(HOST|PORT.*)|PORT_\d+_(TCP|UDP).*|NAME)")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp)://")


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read the settings that the environment gives; an empty variable gives none."""
    known = {option.variable: option for option in OPTIONS}
    values = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in COMMAND_VARIABLES or _is_service_link(variable, text):
            continue
        if variable not in known:
            raise SettingsError(f"Unknown environment variable {variable}" + nearest(variable, known, PREFIX))
        if text:
            values[known[variable].name] = known[variable].parse(text, variable)
    return values


def _is_service_link(variable: str, text: str) -> bool:
    named = _SERVICE_LINK.fullmatch(variable) is not None
    return named or (variable == "MAPTRAIL_PORT" and _SERVICE_ADDRESS.match(text) is not None)


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


def from_flags(flags: Flags) -> dict[str, Any]:
    """Read the settings that the command line gives."""
    values = {}
    for name, given in flags.items():
        if given is not None:
            option = BY_NAME[name]
            values[name] = given if isinstance(given, bool) else option.parse(given, option.flag)
    return values


def load(flags: Flags, environ: Mapping[str, str], config: Path | None = None) -> Settings:
    """Lay the settings over each other: defaults, then the file, then the environment, then flags.

    Without `config` the file is the one `MAPTRAIL_CONFIG` names, or `./maptrail.toml` if there is one.
    """
    named = config or (Path(environ["MAPTRAIL_CONFIG"]) if environ.get("MAPTRAIL_CONFIG") else None)
    if named is None and CONFIG_FILE.is_file():
        named = CONFIG_FILE
    values = from_file(named) if named is not None else {}
    values.update(from_environment(environ))
    values.update(from_flags(flags))
    return Settings(**values)
