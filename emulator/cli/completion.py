"""`maptrail completion`: what a shell evaluates to complete the words of `maptrail`."""

import click
from click.shell_completion import get_completion_class

from emulator.cli.grammar import examples, words
from emulator.nearest import nearest, one_of

__all__ = ["completion"]

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog=examples(
        'eval "$(maptrail completion bash)"', 'eval "$(maptrail completion zsh)"', "maptrail completion fish | source"
    )
)
@click.argument("shell", metavar="|".join(_SHELLS), shell_complete=words(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what a shell needs to complete commands and options.

    Evaluate it in the file that your shell reads at its start: ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.
    """
    found = get_completion_class(shell) if shell in _SHELLS else None
    if found is None:
        raise click.UsageError(f"SHELL is {shell!r}: it takes {one_of(_SHELLS)}" + nearest(shell, _SHELLS))
    click.echo(found(ctx.find_root().command, {}, "maptrail", "_MAPTRAIL_COMPLETE").source())
