"""``djobsctl backup``: copy the database while it is in use, and list the copies there are."""

import argparse
import os
from typing import Any

from djobs_local.backups import Generation, generations
from djobs_protocol.endpoint import BACKUP_FOLDER, state_dir, state_file
from djobs_protocol.limits import REQUEST_SECONDS_MAX
from djobsctl.daemon import open_connection
from djobsctl.options import add_timeout
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.table import Column, table
from djobsctl.present.text import ago, size
from djobsctl.talk import Talk
from djobsctl.words import UsageError

COLUMNS = (Column("NAME"), Column("TAKEN"), Column("SIZE", right=True), Column("WHAT"))


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="a new file (default: among the daemon's backups)"
    )
    parser.add_argument("--list", action="store_true", help="show the backups, the newest last")
    add_timeout(parser, REQUEST_SECONDS_MAX, "how long the copy may take")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Ask the daemon for a copy; or look into the folder of copies."""
    home = state_dir()
    if args.list:
        if args.file is not None:
            raise UsageError("--list shows the daemon's backups; leave FILE out.")
        return Outcome({"folder": state_file(home, BACKUP_FOLDER), "backups": listed(home)})
    where = {} if args.file is None else {"path": os.path.abspath(args.file)}
    connection = open_connection(home, talk)
    try:
        with talk.waiting("Copying the database ..."):
            made = connection.call("db.backup", where, args.timeout)
    finally:
        connection.close()
    return Outcome({"made": made})


def listed(home: str) -> list[dict[str, Any]]:
    """Return the copies in the folder of backups, oldest first."""
    return [_described(each) for each in generations(state_file(home, BACKUP_FOLDER))]


def _described(each: Generation) -> dict[str, Any]:
    return {
        "name": each.name,
        "path": each.path,
        "taken_at": each.taken_at.isoformat(timespec="milliseconds"),
        "bytes": each.bytes,
        "replaced": each.was_replaced,
    }


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say where the copy is, or show the copies."""
    if "made" in document:
        made = document["made"]
        return f"Copied the database to {made['path']} ({size(made['bytes'])}), and verified it."
    if not document["backups"]:
        return f"There is no backup yet in {document['folder']}."
    rows = [
        [
            each["name"],
            ago(each["taken_at"], screen.now),
            size(each["bytes"]),
            "was replaced" if each["replaced"] else "backup",
        ]
        for each in document["backups"]
    ]
    return f"{table(COLUMNS, rows, screen)}\nAll in {document['folder']}."
