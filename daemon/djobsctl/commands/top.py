"""``djobsctl top``: everything on one live screen, with keys to steer it."""

import sys
from typing import TYPE_CHECKING, Any

from djobs_protocol.endpoint import state_dir
from djobsctl.daemon import open_connection, session
from djobsctl.outcome import Outcome
from djobsctl.words import UsageError

if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare no arguments."""
    parser.epilog = "On the screen `?` shows the keys. --json prints what it would show, once."


def run(_args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Show the screen until somebody quits."""
    if talk.as_json:
        from djobsctl.top.acting import answers

        with session(talk) as call:
            return Outcome(answers(call))
    if not (sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError(
            "top needs a terminal to show itself on.",
            "`djobsctl status -w` follows in a pipe; `djobsctl top --json` prints it once.",
        )
    from djobsctl.top.loop import run as run_screen

    open_connection(state_dir(), talk).close()  # starts it, or says why there is none
    return Outcome({}, run_screen(), streamed=True)


def render(_document: dict[str, Any], _screen: Any) -> str:
    """Return nothing: it was on the screen."""
    return ""
