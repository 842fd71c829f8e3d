"""``djobsctl uninstall``: take away what djobs put on this machine; shown first."""

import argparse
import sys
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobsctl.confirming import confirm
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.present.screen import Screen, detect
from djobsctl.present.text import plural
from djobsctl.talk import Talk
from djobsctl.uninstalling import Found, find, left_over, take_away


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--keep-data", action="store_true", help="keep all jobs (the default)")
    data.add_argument(
        "--remove-data",
        action="store_true",
        help="remove the state folder, too: all jobs, logs and backups, for good",
    )
    parser.add_argument("--dry-run", action="store_true", help="only show what would go")
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.epilog = (
        "djobsctl uninstall --dry-run                what djobs has put where\n"
        "djobsctl uninstall                          all of it but the jobs, after a question\n"
        "djobsctl uninstall --remove-data --yes      and the jobs"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Find it, show it, ask, and take it away."""
    found = find(state_dir())
    data = args.remove_data and found.data
    document = {
        **described(found, data=data),
        "left": left_over(found, data=data),
        "dry_run": args.dry_run,
        "done": False,
    }
    if args.dry_run or (found.is_nothing and not data):
        return Outcome(document, EXIT_OK)
    if not args.yes and not args.json and sys.stdin is not None and sys.stdin.isatty():
        sys.stderr.write("\n".join(parts(document, detect())) + "\n")
    if not confirm(args, "Take all of this away?"):
        return Outcome(document, EXIT_FALSE)
    document["refused"] = take_away(found, talk, data=data)
    document["done"] = True
    return Outcome(document, EXIT_FALSE if document["refused"] else EXIT_OK)


def described(found: Found, *, data: bool) -> dict[str, Any]:
    """Return what was found as plain values."""
    return {
        "home": found.home,
        "daemon": found.daemon,
        "service": found.service,
        "hooks": [each.path for each in found.guests["hooks"]],
        "instructions": [each.path for each in found.guests["instructions"]],
        "agents": [each.path for each in found.wiring],
        "data": found.home if data else None,
        "runs": found.runs,
        "refused": found.refused,
    }


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what went, or would go, and what stays."""
    shown = parts(document, screen)
    if not shown:
        shown = ["Nothing of djobs was found but the program."]
    elif not document["done"]:
        shown.append("Nothing was changed.")
    shown += [f"Not done: {each['reason']}" for each in document["refused"]]
    shown += [f"Stays: {each['what']} ({each['how']})" for each in document["left"]]
    return "\n".join(shown)


def parts(document: dict[str, Any], screen: Screen) -> list[str]:
    """Return a line for each thing that goes."""
    done = document["done"]
    lines = []
    if document["daemon"] is not None:
        pid = f" (pid {document['daemon']})" if document["daemon"] else ""
        lines.append(f"{'Stopped' if done else 'Stop'} the daemon{pid}")
    refused = {each["path"] for each in document["refused"]}
    taken = {
        "service": "Removed" if done else "Remove",
        "hooks": "Took the hook out of" if done else "Take the hook out of",
        "instructions": "Took the block out of" if done else "Take the block out of",
        "agents": "Took the server out of" if done else "Take the server out of",
    }
    for name, verb in taken.items():
        lines += [f"{verb} {path}" for path in document[name] if path not in refused]
    if document["data"] and document["data"] not in refused:
        verb = screen.paint("Removed" if done else "Remove", "red")
        lines.append(f"{verb} all jobs, logs and backups: {document['data']}")
    if document["runs"]:
        lines.append(f"{plural(document['runs'], 'command')} of jobs still run, and go on.")
    return lines
