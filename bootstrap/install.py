"""Make a virtual environment with maptrail in it: `python3 bootstrap/install.py DIR [--test] [--floor]`.

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

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def requirements(extra: str | None) -> list[str]:
    """Name what the project needs: to build, to run and, with an extra, for that too."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = document["project"]["optional-dependencies"][extra] if extra else []
    return [*document["build-system"]["requires"], *document["project"]["dependencies"], *extras]


def pip(python: Path, program: Sequence[str | Path], *arguments: str | Path) -> None:
    """Run pip, quiet but for its errors; a failure ends this program with pip's own code."""
    quiet = ("-qq", "--no-input", "--disable-pip-version-check")
    done = subprocess.run([python, *program, "install", *quiet, *arguments], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def install(folder: Path, constraints: Path, extra: str | None) -> None:
    """Make or bring up to date the environment in `folder`."""
    python = folder / "bin" / "python"
    (wheel,) = HERE.glob("pip-*.whl")
    if not python.exists():
        venv.create(folder, symlinks=True)
    pip(python, [wheel / "pip"], "--no-index", wheel)
    pip(python, ["-m", "pip"], "--only-binary", ":all:", "--constraint", constraints, *requirements(extra))
    pip(python, ["-m", "pip"], "--no-deps", "--no-build-isolation", "--editable", ROOT)


def main() -> None:
    """Read the command line and install."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the virtual environment, made if it is not there")
    parser.add_argument("--test", action="store_const", const="test", help="also what tests and checks need")
    parser.add_argument("--floor", action="store_true", help="the lowest versions that are supported")
    given = parser.parse_args()
    constraints = ROOT / ("constraints-floor.txt" if given.floor else "constraints.txt")
    print(f"Installing into {given.folder} ...", flush=True)
    install(given.folder, constraints, given.test)


if __name__ == "__main__":
    main()
