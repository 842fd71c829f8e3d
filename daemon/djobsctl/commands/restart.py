"""``djobsctl restart``: stop, then start, as one command."""

import argparse
import time
from typing import Any

from djobs_local import settings
from djobs_local.folders import prepare_state, refuse_real_home
from djobs_protocol.endpoint import state_dir
from djobsctl.commands import stop as stop_command
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.starting import start_in_turn
from djobsctl.stopping import stop_in_turn
from djobsctl.talk import Talk
from djobsctl.turn import FORCED_TURN_SECONDS, TURN_SECONDS, turn

BETWEEN_SECONDS = 5.0
"""Above the stop's own bound, the mark of a restart that died half-way keeps clients waiting."""

options = stop_command.options


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Stop it, wait, start it. Clients that come meanwhile wait for the new one."""
    home = state_dir()
    refuse_real_home(home)
    prepare_state(home)
    settings.load(home)  # a daemon that could not be started again is not stopped
    with turn(home, FORCED_TURN_SECONDS if args.force else TURN_SECONDS):
        stopped = stop_in_turn(
            home,
            talk,
            "djobsctl restart",
            force=args.force,
            deadline=time.monotonic() + args.timeout,
            mark_seconds=args.timeout + BETWEEN_SECONDS,
        )
        started = start_in_turn(home, talk, now=True)
    return Outcome({**started, "stopped": stopped.as_document()})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say which daemon went and which came."""
    gone = document["stopped"]
    came = f"djobs {document['build']} (pid {document['pid']}) in {document['home']}"
    if not gone["was_running"]:
        sentences = ("It was not running.", gone["stale_record"], f"Started {came}.")
        return " ".join(filter(None, sentences))
    how = "Killed" if gone["forced"] else "Stopped"
    return f"{how} {who(gone['pid'])}, started {came}."


def who(pid: int | None) -> str:
    """Name the process that went; on some systems the kernel does not tell which it was."""
    return f"pid {pid}" if pid else "the daemon"
