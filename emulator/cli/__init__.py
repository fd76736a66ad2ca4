"""The command line: `maptrail`.

A command imports what it runs when it runs, so that the small ones answer at once.
"""

import os
import sys
from collections.abc import Sequence

import click

from emulator.cli.commands import maptrail
from emulator.nearest import nearest
from emulator.settings import SettingsError, StartError

__all__ = ["main", "run"]

DONE, FAILED, MISUSED = 0, 1, 2


def main() -> None:
    """Run the command that the process was started with and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run a command: 0 done, 1 failed, 2 wrong usage. An error is one sentence on stderr."""
    try:
        code = maptrail.main(list(words), prog_name="maptrail", standalone_mode=False)
        if sys.stdout is not None:  # as it is where it was closed before the start
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has enough; the interpreter's last flush must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (click.ClickException, click.Abort, KeyboardInterrupt, SettingsError, StartError) as error:
        sentence, code = _explained(error)
        click.echo(f"maptrail: {sentence}", err=True)
    return code if isinstance(code, int) else DONE


def _explained(error: BaseException) -> tuple[str, int]:
    match error:
        case click.UsageError():
            return _misused(error), MISUSED
        case SettingsError():
            return str(error), MISUSED
        case click.ClickException():
            return error.format_message(), FAILED
        case StartError():
            return str(error), FAILED
        case _:
            return "Interrupted.", FAILED


def _misused(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        sentence = f"No such option {error.option_name}" + nearest(error.option_name, error.possibilities or (), "--")
    else:
        sentence = error.format_message()
    if not sentence.endswith((".", "?")):
        sentence += "."
    return f"{sentence} See '{error.ctx.command_path if error.ctx else 'maptrail'} --help'."
