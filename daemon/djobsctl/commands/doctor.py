"""``djobsctl doctor``: look at the whole set-up; say what is wrong and what mends it (R51)."""

import argparse
import os
from typing import Any

from djobsctl.confirming import add_confirmation, confirm
from djobsctl.doctor.examining import document, examine, is_well, mend, repairs
from djobsctl.doctor.finding import Kind, Repair
from djobsctl.doctor.place import Place, place_of
from djobsctl.doctor.table import NAMES
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk

EPILOG = """\
Nothing is changed or started without --fix, and with it only what is safe: rights of others are
taken away, files that mean nothing removed, each only if it is still the one that was looked at.

  djobsctl doctor                     all of it
  djobsctl doctor --only database     one area; again for more
  djobsctl doctor --fix               mend what is safe to mend, after asking
  djobsctl doctor --json              for programs; status 1 when something is wrong"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=NAMES,
        metavar="NAME",
        help=f"look at this alone; may be repeated: {', '.join(NAMES)}",
    )
    parser.add_argument("--fix", action="store_true", help="mend what is safe to mend")
    add_confirmation(parser)


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Examine; with ``--fix`` mend and examine again."""
    with talk.waiting("Looking ..."):
        place = here()
        examined = examine(place, args.only)
    planned = repairs(examined) if args.fix else []
    repaired: list[dict[str, Any]] = []
    if planned and confirm(args, question(planned)):
        repaired = mend(planned)
        place = here()
        examined = examine(place, args.only)
    status = EXIT_OK if is_well(examined) else EXIT_FALSE
    return Outcome(document(place, examined, repaired), status)


def here() -> Place:
    """Return the home of this terminal as it is now."""
    return place_of(dict(os.environ))


def question(planned: list[Repair]) -> str:
    """Ask for consent to exactly what would be done."""
    words = {Kind.PRIVATE: "Take the rights of others away from", Kind.REMOVE: "Remove"}
    return "\n".join(f"{words[each.kind]} {each.path}?" for each in planned)


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return a line for each area that is well, and all about those that are not."""
    from djobsctl.present.doctor import report

    return report(document, screen)
