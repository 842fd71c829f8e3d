"""``djobsctl db verify``: by the daemon when there is one, else by a checker of its own."""

import argparse
import os
from typing import Any

from djobs_local import settings
from djobs_local.call import connect
from djobs_local.presence import Kind, look
from djobs_protocol.endpoint import DATABASE, state_dir, state_file
from djobs_protocol.errors import DjobsError
from djobsctl.offline import refuse_while_it_lives, run_offline
from djobsctl.options import add_timeout
from djobsctl.outcome import EXIT_OK, Outcome
from djobsctl.present.fields import fields
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk

CHECK_SECONDS_DEFAULT = 300.0
EXIT_DAMAGED = 65


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    steps = "\n".join(f"  {step}" for step in STEPS_BACK)
    parser.epilog = f"A damaged database is never touched. To go back to the last backup:\n{steps}"
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="a backup, or another database nobody serves"
    )
    add_timeout(parser, CHECK_SECONDS_DEFAULT, "how long the check may take")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Check, wherever the database may be opened from."""
    home = state_dir()
    if args.file is not None and not is_own(home, args.file):
        with talk.waiting("Reading the whole file ..."):
            return outcome(run_offline(["--file", args.file], args.timeout), "offline")
    seen = look(home)
    with talk.waiting("Reading the whole database ..."):
        if seen.kind is Kind.SERVING:
            report, by = ask_daemon(home, args.timeout), "daemon"
        else:
            refuse_while_it_lives(seen, "verified")
            where = ["--home", home, "--db", settings.load(home).db_path]
            report, by = run_offline(where, args.timeout), "offline"
    return outcome(report, by)


def is_own(home: str, file: str) -> bool:
    """Say whether a file is the database of this state folder."""
    return os.path.realpath(file) == os.path.realpath(database_path(home))


def outcome(report: dict[str, Any], checked_by: str) -> Outcome:
    """Return a report with the status it means."""
    status = EXIT_OK if report["ok"] else EXIT_DAMAGED
    return Outcome({"checked_by": checked_by, "database": report}, status)


def ask_daemon(home: str, timeout_seconds: float) -> dict[str, Any]:
    """Have the running daemon check its own database."""
    with connect(home, spawn=False) as connection:
        return connection.call("db.check", {}, timeout_seconds)


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say whether it is well, and what is wrong."""
    report = document["database"]
    verdict = screen.paint("ok", "green") if report["ok"] else screen.paint("DAMAGED", "red")
    is_served = is_own(state_dir(), str(report["path"]))
    rows: list[tuple[str, str | list[str]]] = [
        ("Path", str(report["path"])),
        ("Id", str(report.get("uuid", ""))),
        ("Schema", str(report.get("schema", ""))),
        ("Jobs", str(report.get("jobs", ""))),
        ("Events", str(report.get("events", ""))),
        ("Problems", list(report.get("problems", []))),
    ]
    if is_served and not report["ok"]:
        rows.append(("Next", next_steps(report)))
    what = "database" if is_served else "file"
    return f"The {what} is {verdict}.\n{fields(rows, screen)}"


def database_path(home: str) -> str:
    """Return where the database is, or would be if the settings were right."""
    try:
        return settings.load(home).db_path
    except DjobsError:
        return state_file(home, DATABASE)


STEPS_BACK = [
    "`djobsctl backup --list` shows the backups",
    "`djobsctl stop`",
    "`djobsctl restore latest`, or another; it checks the backup, and keeps what it replaces",
    "`djobsctl start`",
    "what was recorded since that backup is lost",
]
"""From a damaged database to its last backup."""
STEPS_ANEW = [
    "`djobsctl stop`",
    "`djobsctl db rebuild`: the history is whole, and the rest is made of it anew",
    "`djobsctl start`",
]
"""From a database of which only the snapshot is wrong to a sound one."""


def next_steps(report: dict[str, Any]) -> list[str]:
    """Return what helps: a rebuild, unless the history itself is broken."""
    broken = any(each.startswith("History:") for each in report["problems"])
    return STEPS_BACK if broken or not report["schema"] else STEPS_ANEW
