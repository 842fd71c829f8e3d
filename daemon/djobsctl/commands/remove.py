"""``djobsctl remove``: take djobs out of agents' files again, as if it had never been there."""

import argparse
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobs_setup.guests import Kind, Record
from djobs_setup.hosts import BY_NAME
from djobs_setup.ledger import Ledger
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.present import wiring
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.wiring import choosing, describing
from djobsctl.wiring.doing import agreed, outcome, undo_all
from djobsctl.wiring.unwire import removals
from djobsctl.wiring.wire import question
from djobsctl.words import UsageError

EPILOG = """\
A file that is still as djobs left it becomes what it was before, byte for byte; one that djobs
made is deleted. From a file that somebody has changed since, only what djobs put there goes.
Jobs, the daemon and its database stay.
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    choosing.add_host(parser)
    choosing.add_asking(parser)
    parser.epilog = EPILOG


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Show what becomes of each file, ask, and do it."""
    for name in args.host:
        if name not in BY_NAME:
            raise UsageError(f"There is no agent {name!r}; there are {', '.join(BY_NAME)}.")
    machine, ledger = choosing.machine_here(), Ledger(state_dir())
    all_of_them = removals(machine, ledger, args.host)
    document: dict[str, Any] = {
        "files": describing.removals_of(all_of_them, machine),
        "applied": False,
        "left": left_to_others() if not args.host else [],
    }
    to_do = [each for each in all_of_them if not each.reason]
    changing = sum(1 for each in to_do if each.changes_file)
    if args.dry_run or not to_do:
        return Outcome(document, EXIT_FALSE if len(to_do) < len(all_of_them) else EXIT_OK)
    if changing and not agreed(args, document, question(changing), wiring.plan):
        return Outcome(document, EXIT_FALSE)
    return outcome(document, undo_all(to_do))


def left_to_others() -> list[str]:
    """Return the commands that take out what they put in, if anything of it is there."""
    kinds: tuple[Kind, ...] = ("instructions", "hooks")
    state = state_dir()
    return [f"djobsctl install-{kind} --remove" for kind in kinds if Record(state, kind).notes()]


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what became of the files."""
    lines = [wiring.removed(document, screen)]
    if document["left"]:
        commands = " and ".join(f"`{command}`" for command in document["left"])
        lines.append(f"What agents read or run at their start is taken out by {commands}.")
    return "\n".join(lines)
