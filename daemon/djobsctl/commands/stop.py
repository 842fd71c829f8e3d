"""``djobsctl stop``: idempotent; returns when the daemon is gone."""

import argparse
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobs_protocol.states import OPEN_STATES
from djobsctl.options import add_timeout
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.text import plural
from djobsctl.stopping import STOP_SECONDS_DEFAULT, stop
from djobsctl.talk import Talk


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--force", action="store_true", help="end a daemon that does not answer or does not go"
    )
    add_timeout(parser, STOP_SECONDS_DEFAULT, "how long to wait for it to be gone")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Stop it and wait."""
    home = state_dir()
    stopped = stop(home, talk, force=args.force, timeout_seconds=args.timeout)
    return Outcome({"home": home, **stopped.as_document()})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what was stopped, what survives, and how to undo it."""
    return f"{_what_happened(document)}\n{survivors(document['jobs'])}".strip()


def _what_happened(document: dict[str, Any]) -> str:
    if document["was_running"]:
        how = "Killed" if document["forced"] else "Stopped"
        pid = f" (pid {document['pid']})" if document["pid"] else ""
        sentences = [f"{how}{pid}."]
    else:
        sentences = ["Not running.", document["stale_record"]]
    return " ".join(filter(None, [*sentences, _what_keeps_it_so(document)]))


def _what_keeps_it_so(document: dict[str, Any]) -> str:
    if document["unmarked"]:
        return f"The next client may start it again: {document['unmarked']}"
    return "Nothing will start it until `djobsctl start`."


def survivors(counts: dict[str, int]) -> str:
    """Say what stays recorded; empty when that is unknown or nothing."""
    open_jobs = sum(count for state, count in counts.items() if state in OPEN_STATES)
    total = sum(counts.values())
    if not total:
        return ""
    running = counts.get("running", 0)
    note = f", {running} of them held by agents or workers" if running else ""
    stay = "stays" if total == 1 else "stay"
    return f"{plural(total, 'job')} {stay} recorded, {open_jobs} unfinished{note}."
