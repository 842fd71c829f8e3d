"""``djobsctl start``: idempotent; says which daemon runs."""

import argparse
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.text import ago
from djobsctl.starting import start
from djobsctl.talk import Talk


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--now", action="store_true", help="at once, whatever happened to earlier starts"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Lift the stop mark and make it run."""
    return Outcome(start(state_dir(), talk, now=args.now))


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say who runs and since when."""
    pid, build = document["pid"], document["build"]
    if document["started"]:
        return f"Started djobs {build} (pid {pid}) in {document['home']}."
    since = ago(document["started_at"], screen.now)
    return f"Already running: djobs {build} (pid {pid}), started {since}, in {document['home']}."
