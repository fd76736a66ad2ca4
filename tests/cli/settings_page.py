"""Writes docs/settings.md from the one table of settings: `python -m tests.cli.settings_page`."""

from pathlib import Path

from emulator.settings import OPTIONS, Option

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"

_HEAD = """\
# Settings

Every setting is an option of `maptrail serve`, a variable in the environment and a key in `maptrail.toml`. The defaults
are under the file, the file is under the environment, the environment is under the options. A variable that begins
with `MAPTRAIL_` and is none of these, and a key that is none, is an error that suggests the nearest.

| Option | Variable | Key | Default | Meaning |
|---|---|---|---|---|
"""

_TAIL = """
A variable that is empty sets nothing. `true`, `yes`, `on` and `1` turn a switch on; `false`, `no`, `off` and `0` turn
it off, and so does `--no-…`. What Kubernetes and Docker set for a service called `maptrail` (`MAPTRAIL_SERVICE_HOST`,
`MAPTRAIL_PORT=tcp://…` and the like) is passed over.

The file is the one that `--config FILE` or `MAPTRAIL_CONFIG` names, else `./maptrail.toml` if there is one. A relative
path in it starts at the file's own directory.

```toml
port = 4700
data = "state"
delivery_interval = 0
quotas = "off"
```

Commands that speak with a [running server](commands.md#a-running-server) find it at `--url` or `MAPTRAIL_URL`, or at
`--host` and `--port`, else at the address that the one last started on the data directory noted there, in
`endpoint.json`. To a server with `--admin-token` they show theirs, which is the same setting.
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(f"{_row(option)}\n" for option in OPTIONS) + _TAIL


def _row(option: Option) -> str:
    if option.kind is bool:
        spelled = f"{option.flag} / --no-{option.flag[2:]}"
    else:
        spelled = f"{option.flag} {option.metavar or '|'.join(option.choices)}".replace("|", "\\|")
    default = f"`{option.default_text}`" if option.default_text else "none"
    return f"| `{spelled}` | `{option.variable}` | `{option.name}` | {default} | {option.help} |"


if __name__ == "__main__":
    PAGE.write_text(page())
