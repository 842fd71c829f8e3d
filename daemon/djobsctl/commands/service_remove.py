"""``djobsctl service remove``: clients start the daemon again."""

import argparse
import os
from typing import Any

from djobs_service.plan import plan
from djobsctl import servicing
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.service import changes, daemon_line
from djobsctl.talk import Talk


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--dry-run", action="store_true", help="only show what would be removed")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Take the entry back, or show what that would remove."""
    aim = servicing.target()
    if not args.dry_run:
        return Outcome({**servicing.remove(aim, talk), "dry_run": False})
    made = plan(aim)
    there = [each.path for each in made.files if os.path.lexists(each.path)]
    files = [{"path": path, "change": "remove"} for path in there]
    seen = servicing.described(aim, made, files)
    return Outcome(
        {**seen, "dry_run": True, "notes": [], "daemon": None, "was_installed": bool(there)}
    )


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what is gone."""
    if not document["was_installed"]:
        return "No service is installed; clients start the daemon."
    if document["dry_run"]:
        return "\n".join([*changes(document, screen), "Nothing was changed."])
    said = "Clients start the daemon again."
    return "\n".join([*changes(document, screen), said, *daemon_line(document), *document["notes"]])
