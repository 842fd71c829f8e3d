"""The parser of the one command that runs; argparse's own subparsers would import all of them."""

import argparse

from djobsctl.commands.table import COMMANDS
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


HELP_COLUMNS = 96


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help of a fixed width, for asking for the terminal's would import ``shutil``, 2 ms.

    Description and epilog stay as they are: a path that is broken in two cannot be copied.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=HELP_COLUMNS)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing and exiting."""

    def error(self, message: str) -> "NoReturn":
        """Refuse the arguments."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}. Usage: {short_usage(self)}")


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
