"""``djobsctl man``: the man page, made from the commands themselves."""

import argparse
from typing import Any

from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk


def options(parser: argparse.ArgumentParser) -> None:
    """Declare no further arguments."""
    parser.epilog = (
        "djobsctl man | man -l -                                     read it\n"
        "djobsctl man > ~/.local/share/man/man1/djobsctl.1           keep it for `man djobsctl`"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Write the page."""
    from djobsctl.manual import page

    return Outcome({"page": page()})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the page as man(1) reads it."""
    return str(document["page"]).rstrip()
