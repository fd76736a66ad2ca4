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
PINNED = {
    "readers": ROOT / "tests" / "readers" / "requirements.txt",
    "peers": ROOT / "tests" / "bench" / "peers.txt",
}


def requirements(group: str) -> list[str]:
    """Name what is needed: to `run`, to `test`, what `trail` and its tests do alone, the `readers`, the `peers`."""
    if group in PINNED:
        return PINNED[group].read_text(encoding="utf-8").split()
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if group == "trail":
        return list(document["dependency-groups"]["trail"])
    project = document["project"]
    return [*project["dependencies"], *(project["optional-dependencies"]["test"] if group == "test" else ())]


def pip(folder: Path, program: str, *words: str | Path) -> None:
    """Run pip for the environment in `folder`, quiet but for errors; where it fails, this program ends."""
    quiet = ("-qq", "--no-input", "--disable-pip-version-check")
    done = subprocess.run([folder / "bin" / "python", program, "install", *quiet, *words], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def install(folder: Path, constraints: Path, group: str, project: Sequence[str | Path]) -> None:
    """Make the environment in `folder`, or bring it up to date. What is pinned by itself is under no constraints."""
    if not (folder / "bin" / "python").exists():
        venv.create(folder, symlinks=True)
    (wheel,) = HERE.glob("pip-*.whl")
    with TemporaryDirectory() as unpacked:  # run out of the wheel itself pip takes twice the time
        ZipFile(wheel).extractall(unpacked)
        program = f"{unpacked}/pip"
        bounds: list[str | Path] = [] if group in PINNED else ["--constraint", constraints]
        pip(folder, program, "--only-binary", ":all:", *bounds, *requirements(group))
        if project:
            pip(folder, program, "--no-deps", "--build-constraint", constraints, *project)


def main() -> None:
    """Read the command line and install."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the virtual environment, made if it is not there")
    parser.add_argument(
        "--for", dest="group", choices=["run", "test", "trail", *PINNED], default="run", help="what it is for"
    )
    parser.add_argument("--floor", action="store_true", help="the lowest versions that are supported, not the newest")
    parser.add_argument("--copy", action="store_true", help="put a copy of maptrail in, not a link to this clone")
    given = parser.parse_args()
    constraints = ROOT / ("constraints-floor.txt" if given.floor else "constraints.txt")
    maptrail: list[str | Path] = [ROOT] if given.copy else ["--editable", ROOT]
    print(f"Installing into {given.folder} ...", flush=True)
    install(given.folder, constraints, given.group, [] if given.group in ("trail", *PINNED) else maptrail)


if __name__ == "__main__":
    main()
