"""What commands are made of: groups under headings, choices, examples; an unknown word suggests the nearest one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from emulator.nearest import nearest, one_of

__all__ = ["Command", "DefaultGroup", "Group", "choice", "examples", "words"]

Command = TypeVar("Command", bound=Callable[..., Any])
MISUSED = 2
_HELP = {"-h", "--help", "--version"}


class Group(click.Group):
    """Commands in the order of their headings, or in the order they were written; without a word, their help."""

    def __init__(self, *args: Any, headings: Mapping[str, Sequence[str]] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.headings = dict(headings or {})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a word, tell the words there are; `help` is `--help`, of a command if one is named."""
        args = [*args[1:], "--help"] if args[:1] == ["help"] else args
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(MISUSED)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- the signature is click's
        """The commands in the order of the headings."""
        return [name for names in self.headings.values() for name in names] or list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command; the error for an unknown one suggests the nearest."""
        command = super().get_command(ctx, cmd_name)
        if command is None and not ctx.resilient_parsing:
            raise click.UsageError(f"No such command {cmd_name}" + nearest(cmd_name, self.commands), ctx)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with a line each, under their headings."""
        widest = max(map(len, self.commands))
        for heading, names in (self.headings or {"Commands": self.list_commands(ctx)}).items():
            told = [(name.ljust(widest), self.commands[name].get_short_help_str(formatter.width)) for name in names]
            with formatter.section(heading):
                formatter.write_dl(told)


class DefaultGroup(Group):
    """A group whose words, where they name no command, are those of one of its commands."""

    def __init__(self, *args: Any, default: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in where the first word is an option, or there is no word."""
        unnamed = args[0].startswith("-") and args[0] not in _HELP if args else not ctx.resilient_parsing
        return super().parse_args(ctx, [self.default, *args] if unnamed else args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """The commands; the options of the default one, too, where an option was begun."""
        found: list[Any] = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            own = {item.value for item in found}
            words = self.commands[self.default].shell_complete(ctx, incomplete)
            found += [item for item in words if item.value not in own]
        return found


def choice(flag: str, name: str, choices: Sequence[str], told: str) -> Callable[[Command], Command]:
    """An option that takes one of these words; the first, if it is not given."""

    def check(ctx: click.Context, _: click.Parameter, value: str) -> str:
        if value not in choices and not ctx.resilient_parsing:
            raise click.UsageError(f"{flag} is {value!r}: it takes {one_of(choices)}" + nearest(value, choices), ctx)
        return value

    return click.option(
        flag,
        name,
        default=choices[0],
        metavar=f"[{'|'.join(choices)}]",
        callback=check,
        shell_complete=words(choices),
        help=f"{told} [default: {choices[0]}]",
    )


def words(known: Sequence[str]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What a shell completes a value to, where only these are taken."""
    return lambda _ctx, _parameter, incomplete: [word for word in known if word.startswith(incomplete)]


def examples(*lines: str) -> str:
    """The end of a command's help: lines to be typed as they stand."""
    head = "Example:" if len(lines) == 1 else "Examples:"
    return "\n".join(["\b", head, *(f"  {line}" for line in lines)])
