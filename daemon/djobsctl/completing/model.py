"""All commands as plain values: what may follow where."""

import argparse
from collections.abc import Sequence
from typing import Final, NamedTuple

from djobsctl.commands.table import COMMANDS
from djobsctl.dispatch import load
from djobsctl.options import folder, job_id
from djobsctl.usage import parser_for

JOBS: Final = "@jobs"
FILES: Final = "@files"
FOLDERS: Final = "@folders"
PROGRAMS: Final = "@programs"
"""A command line of its own, behind ``--``."""
COMMAND_NAMES: Final = "@commands"
ANYTHING: Final = "@anything"
"""What no shell can know."""
_FILE_METAVARS: Final = ("FILE", "PATH", "FILE|NAME")


class Option(NamedTuple):
    """One option. ``values`` is empty for a flag, else words, or one of the marks above."""

    names: tuple[str, ...]
    help: str
    values: tuple[str, ...]


class Command(NamedTuple):
    """One command; ``arguments`` is what stands without an option, as ``Option.values``."""

    name: str
    help: str
    options: tuple[Option, ...]
    arguments: tuple[str, ...]

    @property
    def words(self) -> tuple[str, str]:
        """The one or two words of its name; the second may be empty."""
        first, _, second = self.name.partition(" ")
        return first, second


def commands() -> tuple[Command, ...]:
    """Return all commands in the order of help. Imports every one of them."""
    return tuple(_command(name, summary) for name, summary in COMMANDS.items())


def _command(name: str, summary: str) -> Command:
    parser, module = parser_for(name), load(name)
    module.options(parser)
    actions = [each for each in parser._actions if each.help is not argparse.SUPPRESS]
    arguments = [value for each in actions if not each.option_strings for value in _values(each)]
    if name == "help":
        arguments = [COMMAND_NAMES]
    if getattr(module, "TAKES_A_COMMAND", False):
        arguments = [PROGRAMS]
    options = tuple(
        Option(tuple(each.option_strings), _plain(each, parser), _values(each))
        for each in actions
        if each.option_strings
    )
    return Command(name, summary, options, tuple(dict.fromkeys(arguments)))


def _plain(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    """Return the help on one line, with its defaults filled in."""
    help_text = parser._get_formatter()._expand_help(action) if action.help else ""
    return " ".join(help_text.split())


def _values(action: argparse.Action) -> tuple[str, ...]:
    if action.nargs == 0:
        return ()
    if action.choices is not None:
        return tuple(str(each) for each in action.choices)
    if action.type is job_id:
        return (JOBS,)
    if action.type is folder or action.metavar == "DIR":
        return (FOLDERS,)
    return (FILES,) if action.metavar in _FILE_METAVARS else (ANYTHING,)


def groups(all_commands: Sequence[Command]) -> dict[str, list[Command]]:
    """Return the commands by their first word, in order."""
    found: dict[str, list[Command]] = {}
    for each in all_commands:
        found.setdefault(each.words[0], []).append(each)
    return found


def group_help(first: str, members: Sequence[Command]) -> str:
    """Return what to say of a first word, which may be a command of its own."""
    alone = next((each.help for each in members if each.name == first), None)
    return alone or ", ".join(each.words[1] for each in members)
