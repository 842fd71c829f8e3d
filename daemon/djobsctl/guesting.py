"""What the commands that write into other programs' files have in common: show, ask, write."""

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from djobs_local.folders import prepare_state, refuse_real_home
from djobs_protocol.endpoint import state_dir
from djobs_setup import guests
from djobs_setup.editing.result import CannotEdit
from djobs_setup.files import PRIVATE_MODE, shared_mode
from djobs_setup.guests import Change, Editor, Record
from djobs_setup.places import SCOPES, Folders, folders_of, project_of
from djobsctl.confirming import confirm
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.present.screen import Screen

Make = Callable[[], Change | None]
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def add_options(parser: argparse.ArgumentParser, hosts: Sequence[str]) -> None:
    """Declare what both commands take."""
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        choices=hosts,
        metavar="HOST",
        help=f"only for this one; may be repeated: {', '.join(hosts)}",
    )
    parser.add_argument(
        "--scope", choices=SCOPES, help="user: for all folders; project: for this one, committed"
    )
    parser.add_argument("--remove", action="store_true", help="take it out again")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be changed")
    parser.add_argument("--yes", action="store_true", help="do it without asking")


def folders() -> Folders:
    """Return where this user's hosts have their files, and the project around this folder."""
    return folders_of(os.environ, project_of(os.getcwd()))


def mode_of(scope: str) -> int:
    """Return the mode of a file that is made: a project's is for all who work there."""
    return shared_mode() if scope == "project" else PRIVATE_MODE


def taking(path: str, host: str, editor: Editor, record: Record) -> tuple[str, Make]:
    """Return what takes ours out of a file."""
    return path, partial(guests.removing, path, host, editor, record)


def putting(path: str, host: str, editor: Editor, record: Record, scope: str) -> tuple[str, Make]:
    """Return what puts ours into a file."""
    return path, partial(guests.putting, path, host, editor, record, mode_of(scope))


def carry_out(
    args: argparse.Namespace,
    record: Record,
    makers: Sequence[tuple[str, Make]],
    about: dict[str, Any],
) -> Outcome:
    """Show the changes, ask, and make them; a file that cannot be changed stops no other."""
    changes, refused = [], []
    for path, make in makers:
        change, why = guests.attempt(make, path)
        changes += [change] if change is not None else []
        refused += [why] if why is not None else []
    wanted = [each for each in changes if each.action != "same"]
    document = {**about, "remove": args.remove, "dry_run": args.dry_run, "done": False}
    agreed = bool(wanted) and not args.dry_run and _agreed(args, wanted)
    if agreed or (changes and not args.dry_run and not wanted):
        refused += _write(changes, record, remove=args.remove)
        document["done"] = True
    document["files"] = [described(each) for each in changes]
    document["refused"] = refused
    return Outcome(document, EXIT_FALSE if refused else EXIT_OK)


def _agreed(args: argparse.Namespace, wanted: Sequence[Change]) -> bool:
    if not (args.yes or args.json) and sys.stdin is not None and sys.stdin.isatty():
        from djobsctl.present.screen import detect

        shown = "\n".join(line for each in wanted for line in diff_lines(described(each), detect()))
        sys.stderr.write(f"{shown}\n")
    files = "this file" if len(wanted) == 1 else f"these {len(wanted)} files"
    return confirm(args, f"Change {files}?")


def _write(changes: Sequence[Change], record: Record, *, remove: bool) -> list[dict[str, str]]:
    home = state_dir()
    refuse_real_home(home)
    prepare_state(home)
    refused = []
    for change in changes:
        try:
            guests.apply(change, record, remove=remove)
        except CannotEdit as error:
            refused.append({"path": change.path, "reason": f"{change.path} {error}"})
    return refused


def described(change: Change) -> dict[str, Any]:
    """Return a change as plain values, with a unified diff."""
    before = (change.before.content or b"").decode(errors="replace")
    after = (change.after or b"").decode(errors="replace")
    diff = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), n=2
    )
    lines = [line.rstrip("\r\n") for line in diff][2:]
    return {
        "path": change.path,
        "host": change.host,
        "action": change.action,
        "diff": lines,
    }


def diff_lines(file: dict[str, Any], screen: Screen) -> list[str]:
    """Return a file's changes for a person."""
    words = {"create": "Make", "change": "Change", "remove": "Remove", "same": "As it is"}
    head = screen.paint(f"{words[file['action']]} {file['path']}", "bold")
    return [
        head,
        *(f"    {screen.paint(line, _STYLES.get(line[:1], ''))}".rstrip() for line in file["diff"]),
    ]


def render(document: dict[str, Any], screen: Screen, nothing: str) -> str:
    """Say what was changed, and what could not be."""
    lines: list[str] = []
    for file in document["files"]:
        shown = diff_lines(file, screen)
        lines += shown if document["dry_run"] else shown[:1]
    lines += [each["reason"] for each in document["refused"]]
    if not document["files"] and not document["refused"]:
        lines.append(nothing)
    elif not document["done"]:
        lines.append("Nothing was changed.")
    return "\n".join([*lines, *document.get("after", [])])
