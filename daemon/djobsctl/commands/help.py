"""``djobsctl help [COMMAND]``."""

import argparse
from typing import Any

from djobsctl.commands.table import COMMANDS, HEADINGS
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.words import unknown

EXAMPLES = (
    ("djobsctl demo", "watch what it is for"),
    ("djobsctl status", "is it well, what runs, what waits, what failed?"),
    ("djobsctl submit --wait -- npm test", "run it, whatever becomes of this terminal"),
    ("djobsctl list --state pending", "what is left to do?"),
    ("djobsctl report", "what did my agents do since yesterday?"),
)


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("command", nargs="*", help="the command to explain")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Collect the texts."""
    command = " ".join(args.command)
    if not command:
        return Outcome({"commands": dict(COMMANDS)})
    if command not in COMMANDS:
        raise unknown(args.command)
    from djobsctl.explained import explained

    return Outcome({"command": command, "text": explained(command).format_help()})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the overview, or the page of one command."""
    if "text" in document:
        return str(document["text"])
    return "\n".join(
        [
            "djobsctl COMMAND [--json] ...",
            *_commands(document["commands"], screen),
            "",
            "`djobsctl help COMMAND` explains one. --json prints one JSON document instead of",
            "text, --version the version. DJOBS_HOME chooses the daemon by its folder.",
            "",
            *(f"  {line.ljust(36)}  {text}" for line, text in EXAMPLES),
        ]
    )


def _commands(commands: dict[str, str], screen: Screen) -> list[str]:
    """Return a line for each command, below the headings."""
    width = max(map(len, commands))
    lines = []
    for name, text in commands.items():
        if name in HEADINGS:
            lines += ["", screen.paint(HEADINGS[name], "bold")]
        lines.append(f"  {name.ljust(width)}  {text}")
    return lines
