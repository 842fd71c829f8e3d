"""The two tables that the scripts for bash and zsh look things up in, as shell functions.

``case`` instead of associative arrays, which the bash of macOS does not have.
"""

import shlex
from collections.abc import Callable, Iterable, Sequence

from djobsctl.completing.model import Command, groups

Told = tuple[str, str]
"""A word, and what it means."""


def option_rows(commands: Sequence[Command]) -> Iterable[tuple[str, list[Told]]]:
    """Yield each command's options."""
    for each in commands:
        yield each.name, [(name, option.help) for option in each.options for name in option.names]


def second_rows(commands: Sequence[Command]) -> Iterable[tuple[str, list[Told]]]:
    """Yield the second words there are behind each first one."""
    for first, members in groups(commands).items():
        told = [(each.words[1], each.help) for each in members if each.words[1]]
        if told:
            yield first, told


def value_rows(commands: Sequence[Command]) -> Iterable[tuple[str, list[Told]]]:
    """Yield what may follow an option (``list:--state``), or stand alone (``show:``)."""
    for command in commands:
        if command.arguments:
            yield f"{command.name}:", [(each, "") for each in command.arguments]
        for option in command.options:
            for name in option.names:
                if option.values:
                    yield f"{command.name}:{name}", [(each, "") for each in option.values]


def function(
    name: str, rows: Iterable[tuple[str, list[Told]]], write: Callable[[list[Told]], str]
) -> str:
    """Return a shell function that sets REPLY or ``reply`` by its first argument."""
    cases = [f"        {shlex.quote(key)}) {write(told)} ;;" for key, told in rows]
    return "\n".join([f"{name}() {{", '    case "$1" in', *cases, "    esac", "}"])
