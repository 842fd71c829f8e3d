"""``djobsctl restart``: stop, then start, as one command."""

import argparse
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobsctl.commands import stop as stop_command
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.starting import start
from djobsctl.stopping import stop
from djobsctl.talk import Talk

options = stop_command.options


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Stop it, wait, start it. Clients that come meanwhile wait for the new one."""
    home = state_dir()
    stopped = stop(home, talk, force=args.force, timeout_seconds=args.timeout)
    return Outcome({**start(home, talk, now=True), "stopped": stopped.as_document()})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say which daemon went and which came."""
    gone = document["stopped"]
    came = f"djobs {document['build']} (pid {document['pid']}) in {document['home']}"
    if not gone["was_running"]:
        return f"It was not running. Started {came}."
    how = "Killed" if gone["forced"] else "Stopped"
    return f"{how} pid {gone['pid']}, started {came}."
