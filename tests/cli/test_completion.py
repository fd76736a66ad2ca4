"""`maptrail completion`, by the shell that evaluates it."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.services import SERVICES
from tests.cli.conftest import Run

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(run: Run, tmp_path: Path, clean_environment: dict[str, str]) -> Complete:
    """What bash offers behind a line, once it has evaluated the script."""
    (tmp_path / "completion.bash").write_text(run("completion", "bash").stdout)
    (tmp_path / "rules.json").write_text("[]")
    path = f"{Path(sys.executable).parent}:{clean_environment['PATH']}"

    def complete(line: str) -> list[str]:
        words = line.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        script = (
            "source completion.bash\n"
            'compopt() { echo "compopt $*"; }\n'
            "function_of=$(complete -p maptrail); function_of=${function_of#*-F }\n"
            f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
            '${function_of% *} maptrail\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
        )
        done = subprocess.run(
            ["bash", "--norc", "-c", script],
            cwd=tmp_path, env=clean_environment | {"PATH": path}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout.split()

    return complete


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("maptrail sna", ["snapshot"]),
        ("maptrail snapshot s", ["save"]),
        ("maptrail clock ", ["show", "advance", "freeze", "reset"]),
        ("maptrail serve --chao", ["--chaos"]),
        ("maptrail --chao", ["--chaos"]),
        ("maptrail --port 1 --chao", ["--chaos"]),
        ("maptrail --auth ", ["open", "known", "signed"]),
        ("maptrail serve --log-format j", ["json"]),
        ("maptrail env --format p", ["powershell"]),
        ("maptrail events --format ", ["text", "json"]),
        ("maptrail events --name Register", ["RegisterInstance"]),
        ("maptrail completion ", ["bash", "zsh", "fish"]),
        ("maptrail faults put ru", ["compopt", "-o", "default"]),
        ("maptrail serve --identities x", ["compopt", "-o", "default"]),
        ("maptrail serve --data x", ["compopt", "-o", "dirnames"]),
        ("maptrail snapshot xyzzy ", ["save", "load"]),
    ],
)
def test_bash_is_offered(complete: Complete, line: str, offered: list[str]) -> None:
    assert complete(line) == offered


def test_bash_is_offered_every_event_name(complete: Complete) -> None:
    assert complete("maptrail events --name ") == sorted({name for names in SERVICES.values() for name in names})


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_of_its_shell(run: Run, tmp_path: Path, shell: str) -> None:
    done = run("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_MAPTRAIL_COMPLETE={shell}_complete" in done.stdout
    if shutil.which(shell):
        (tmp_path / "script").write_text(done.stdout)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)
