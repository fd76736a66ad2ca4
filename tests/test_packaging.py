"""What is distributed: a pure wheel with every file of both packages, and locks that agree with the project."""

import re
import subprocess
import sys
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import emulator

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [Requirement(need) for need in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]]
LOCKS = ["constraints.txt", "constraints-floor.txt"]


def locked(name: str) -> dict[str, Version]:
    pins = re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return {package: Version(version) for package, version in pins}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    script = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)
    return ZipFile(folder / f"maptrail-{emulator.__version__}-py3-none-any.whl")


def read(wheel: ZipFile, name: str) -> str:
    return wheel.read(f"maptrail-{emulator.__version__}.dist-info/{name}").decode()


def test_the_wheel_has_every_file_of_both_packages_and_nothing_else(wheel: ZipFile) -> None:
    found = [path for package in ("emulator", "trail") for path in (ROOT / package).rglob("*") if path.is_file()]
    expected = {str(path.relative_to(ROOT)) for path in found if path.parent.name != "__pycache__"}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected
    assert {"emulator/py.typed", "trail/py.typed", "emulator/cloudmap/schema.sql"} <= expected


def test_the_wheel_says_what_it_is(wheel: ZipFile) -> None:
    told = Parser().parsestr(read(wheel, "METADATA"))
    assert (told["Name"], told["Version"], told["License-Expression"]) == (
        "maptrail",
        emulator.__version__,
        "Apache-2.0",
    )
    assert told["Requires-Python"] == ">=3.11"
    assert "maptrail = emulator.cli:main" in read(wheel, "entry_points.txt")
    assert read(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_all_that_is_needed_by_hash_and_names_no_host(name: str) -> None:
    text, pins = (ROOT / name).read_text(), locked(name)
    assert all(need.specifier.contains(pins[need.name]) for need in NEEDED)
    assert len(pins) == len(re.findall(r"^\S+==.*\\\n +--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE))
    assert "://" not in text


def test_the_lowest_versions_are_the_floors_of_the_project() -> None:
    pins = locked("constraints-floor.txt")
    for need in NEEDED:
        (floor,) = need.specifier
        wanted = Version(floor.version).release
        assert pins[need.name].release[: len(wanted)] == wanted, need


def test_the_image_is_labelled_with_this_version() -> None:
    assert f'image.version="{emulator.__version__}"' in (ROOT / "Dockerfile").read_text()
