"""Make a virtual environment with maptrail in it.

Needs nothing but Python: Debian's own has neither pip nor ensurepip, so the pip wheel lies beside this file.
Every package is one that the constraints pin, checked against its hash.
"""

import argparse
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def requirements(extras: Sequence[str]) -> list[str]:
    """Name what the project needs, and what its extras do."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(need for extra in extras for need in project["optional-dependencies"][extra])]


def pip(folder: Path, program: str, *words: str | Path) -> None:
    """Run pip for the environment in `folder`, quiet but for errors; where it fails, this program ends."""
    quiet = ("-qq", "--no-input", "--disable-pip-version-check")
    done = subprocess.run([folder / "bin" / "python", program, "install", *quiet, *words], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def install(folder: Path, constraints: Path, extras: Sequence[str], project: Sequence[str | Path]) -> None:
    """Make the environment in `folder`, or bring it up to date."""
    if not (folder / "bin" / "python").exists():
        venv.create(folder, symlinks=True)
    (wheel,) = HERE.glob("pip-*.whl")
    with TemporaryDirectory() as unpacked:  # run out of the wheel itself pip takes twice the time
        ZipFile(wheel).extractall(unpacked)
        program = f"{unpacked}/pip"
        pip(folder, program, "--only-binary", ":all:", "--constraint", constraints, *requirements(extras))
        pip(folder, program, "--no-deps", "--build-constraint", constraints, *project)


def main() -> None:
    """Read the command line and install."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the virtual environment, made if it is not there")
    parser.add_argument("--test", action="store_const", const=["test"], default=[], help="with what the tests need")
    parser.add_argument("--floor", action="store_true", help="the lowest versions that are supported, not the newest")
    parser.add_argument("--copy", action="store_true", help="put a copy of maptrail in, not a link to this clone")
    given = parser.parse_args()
    constraints = ROOT / ("constraints-floor.txt" if given.floor else "constraints.txt")
    print(f"Installing into {given.folder} ...", flush=True)
    install(given.folder, constraints, given.test, [ROOT] if given.copy else ["--editable", ROOT])


if __name__ == "__main__":
    main()
