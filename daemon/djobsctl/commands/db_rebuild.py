"""``djobsctl db rebuild``: make the database anew from its history; the daemon must be stopped."""

import argparse
from typing import Any

from djobs_local import settings
from djobs_protocol.endpoint import state_dir
from djobsctl.confirming import add_confirmation, confirm
from djobsctl.offline import REPLACING_SECONDS_DEFAULT, refuse_while_it_runs, run_offline
from djobsctl.options import add_timeout, offset
from djobsctl.outcome import EXIT_FALSE, Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.text import plural
from djobsctl.talk import Talk
from djobsctl.turn import turn


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--keep-until",
        type=offset,
        metavar="EVENT",
        help="give up every event after this one, where the history is broken",
    )
    add_confirmation(parser)
    add_timeout(parser, REPLACING_SECONDS_DEFAULT, "how long it may take")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Rebuild beside, then let that take the place of the database."""
    home = state_dir()
    refuse_while_it_runs(home)
    database = settings.load(home).db_path
    given_up = "" if args.keep_until is None else f", giving up all events after {args.keep_until}"
    question = f"Rebuild {database} from its history{given_up}? It is kept as a backup."
    if not confirm(args, question):
        return Outcome({"rebuilt": False}, EXIT_FALSE)
    arguments = ["--home", home, "--db", database, "--rebuild"]
    if args.keep_until is not None:
        arguments += ["--keep-until", str(args.keep_until)]
    with turn(home), talk.waiting("Rebuilding the database ..."):
        return Outcome({"rebuilt": True, **run_offline(arguments, args.timeout)})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what is in place now, what was lost, and where the old one is."""
    del screen
    if not document["rebuilt"]:
        return "Nothing was changed."
    report = document["database"]
    lines = [
        f"Rebuilt {report['path']} from its history: {plural(report['jobs'], 'job')}, "
        f"{plural(report['events'], 'event')}, all verified.",
        *(f"Lost: {each}" for each in document["lost"]),
        f"The old one is kept as {document['replaced']}.",
        "`djobsctl start` starts the daemon.",
    ]
    return "\n".join(lines)
