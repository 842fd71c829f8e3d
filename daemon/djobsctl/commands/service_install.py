"""``djobsctl service install``: the service manager keeps the daemon running."""

import argparse
from typing import Any

from djobs_service.plan import plan
from djobsctl import service_files, servicing
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.service import changes, daemon_line
from djobsctl.talk import Talk


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--dry-run", action="store_true", help="only show what would be written")
    parser.add_argument(
        "--no-start", action="store_true", help="leave the daemon that runs as it is until its end"
    )
    parser.add_argument(
        "--linger", action="store_true", help="also while nobody is logged in (systemd)"
    )
    parser.epilog = (
        "djobsctl service install --dry-run    what would be written\n"
        "djobsctl service install              from now on, and from each login on"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Write the entry and hand over, or show it."""
    aim = servicing.target()
    if args.dry_run:
        made = plan(aim)
        files = [service_files.document(each) for each in made.files]
        seen = servicing.described(aim, made, files)
        commands = [list(each) for each in made.install]
        return Outcome({**seen, "dry_run": True, "commands": commands, "notes": [], "daemon": None})
    done = servicing.install(aim, talk, start=not args.no_start, linger=args.linger)
    return Outcome({**done, "dry_run": False, "commands": []})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what was written and who has the daemon now."""
    if document["dry_run"]:
        return "\n".join([*changes(document, screen), "Nothing was changed."])
    said = f"{document['manager']} keeps the daemon of {document['home']} ({document['name']})."
    return "\n".join([*changes(document, screen), said, *daemon_line(document), *document["notes"]])
