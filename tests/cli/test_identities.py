"""`maptrail identities`: a file that is good, and one that is not."""

import tomllib
from pathlib import Path

from tests.cli.conftest import Run
from tests.sts.world import FILE, write


def test_the_command_checks_a_file(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path)
    done = run("identities", "check", str(file))
    listed = tomllib.loads(FILE)
    counts = ", ".join(f"{kind}s {len(listed[kind])}" for kind in ("user", "root", "role", "service")) + ", accounts 2"
    assert (done.returncode, done.stdout) == (0, f"{file} is good: {counts}.\n")
    file.write_text(FILE.replace("trust", "tryst", 1))
    done = run("identities", "check", str(file))
    told = f"maptrail: Unknown key tryst of [[role]] 1 in {file}; did you mean trust?\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)
    assert run("identities", "check").returncode == 2
