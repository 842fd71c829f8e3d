"""The parser of the one command that runs; argparse's own subparsers would import all of them."""

import argparse

from djobsctl.commands.table import COMMANDS
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


HELP_COLUMNS = 96
NEARNESS = 0.75
"""A slip of the finger, and no other word."""


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help of a fixed width, for asking for the terminal's would import ``shutil``, 2 ms.

    Description and epilog stay as they are: a path that is broken in two cannot be copied.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=HELP_COLUMNS)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """Name the value of an option once, after its last name, as Python 3.13 and later do."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing and exiting."""

    def error(self, message: str) -> "NoReturn":
        """Refuse the arguments."""
        told = self._meant(message)
        end = "" if told.endswith("?") else "."
        raise UsageError(f"{told}{end} Usage: {short_usage(self)}")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Name what there is to choose from, and what may have been meant."""
        if action.choices is not None and value not in action.choices:
            names = [str(each) for each in action.choices]
            told = f"{value!r} is none of {', '.join(names)}{did_you_mean(str(value), names)}"
            raise argparse.ArgumentError(action, told)

    def _meant(self, message: str) -> str:
        """Return argparse's message as a sentence, with the option that may have been meant."""
        strange = message.removeprefix("unrecognized arguments: ")
        if strange == message:
            return f"{message[:1].upper()}{message[1:]}"
        word = strange.split()[0].partition("=")[0]
        if not word.startswith("-"):
            return f"`{strange}` is more than the command takes"
        near = did_you_mean(word, list(self._option_string_actions))
        return f"The command has no option `{word}`{near}"


def did_you_mean(word: str, names: "Sequence[str]") -> str:
    """Return a sentence that names what is nearest, if anything is near."""
    import difflib  # slow, and needed only after a slip

    near = difflib.get_close_matches(word, names, n=1, cutoff=NEARNESS)
    return f". Did you mean {near[0]}?" if near else ""


def short_usage(parser: argparse.ArgumentParser) -> str:
    """Return the usage on one line."""
    return " ".join(parser.format_usage().split()).removeprefix("usage: ")


def parser_for(command: str) -> Parser:
    """Return an empty parser for one command, with the option every command has."""
    parser = Parser(
        prog=f"djobsctl {command}",
        description=COMMANDS[command],
        formatter_class=Formatter,
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of text"
    )
    parser.add_argument("-h", "--help", action="store_true", help="explain this command")
    return parser


def add_examples(parser: argparse.ArgumentParser, *lines: str, note: str = "") -> None:
    """Show below the options what is typed, and below that a ``note``."""
    examples = "\n".join(["examples:", *(f"  {line}" for line in lines)])
    parser.epilog = f"{examples}\n\n{note}" if note else examples
