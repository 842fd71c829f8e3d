"""``djobsctl db verify``: by the daemon when there is one, else by a checker of its own."""

import argparse
import json
import os
import subprocess
import sys
from typing import Any

from djobs_local import settings
from djobs_local.call import connect
from djobs_local.presence import Kind, Presence, look
from djobs_protocol.endpoint import BACKUP_FOLDER, DATABASE, state_dir, state_file
from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.options import seconds
from djobsctl.outcome import EXIT_OK, Outcome
from djobsctl.present.fields import fields
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk

CHECK_SECONDS_DEFAULT = 300.0
EXIT_DAMAGED = 65
EXIT_BUSY = 75
"""Of the checker: a daemon came first."""
OFFLINE_MODULE = "djobs_daemon.store.sqlite.offline"


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    home = state_dir()
    steps = "\n".join(f"  {step}" for step in restoring(home, database_path(home)))
    parser.epilog = f"A damaged database is never touched. To go back to the last backup:\n{steps}"
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="a backup, or another database nobody serves"
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=CHECK_SECONDS_DEFAULT,
        metavar="SECONDS",
        help="how long the check may take (%(default)g)",
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Check, wherever the database may be opened from."""
    home = state_dir()
    if args.file is not None and not is_own(home, args.file):
        with talk.waiting("Reading the whole file ..."):
            return outcome(ask_checker(["--file", args.file], args.timeout), "offline")
    seen = look(home)
    with talk.waiting("Reading the whole database ..."):
        if seen.kind is Kind.SERVING:
            report, by = ask_daemon(home, args.timeout), "daemon"
        else:
            refuse_while_it_lives(seen)
            where = ["--home", home, "--db", settings.load(home).db_path]
            report, by = ask_checker(where, args.timeout), "offline"
    return outcome(report, by)


def is_own(home: str, file: str) -> bool:
    """Say whether a file is the database of this state folder."""
    return os.path.realpath(file) == os.path.realpath(database_path(home))


def outcome(report: dict[str, Any], checked_by: str) -> Outcome:
    """Return a report with the status it means."""
    status = EXIT_OK if report["ok"] else EXIT_DAMAGED
    return Outcome({"checked_by": checked_by, "database": report}, status)


def refuse_while_it_lives(seen: Presence) -> None:
    """Only the daemon may open its database while it runs (R6), whether it answers or not."""
    if seen.running:
        raise DjobsError(
            ErrorCode.UNRESPONSIVE,
            f"The daemon is {seen.kind}, so the database cannot be checked. {seen.detail}",
        )


def ask_daemon(home: str, timeout_seconds: float) -> dict[str, Any]:
    """Have the running daemon check its own database."""
    with connect(home, spawn=False) as connection:
        return connection.call("db.check", {}, timeout_seconds)


def ask_checker(where: list[str], timeout_seconds: float) -> dict[str, Any]:
    """Run the checker, which takes the daemon's lock first, in a process of its own."""
    command = [sys.executable, "-P", "-m", OFFLINE_MODULE, *where, "--json"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_seconds, check=False)
    except subprocess.TimeoutExpired:
        raise DjobsError(
            ErrorCode.DEADLINE_EXCEEDED, f"The check did not end within {timeout_seconds:g} s."
        ) from None
    return read_report(done.stdout, done.stderr.decode("utf-8", "replace"), done.returncode)


def read_report(stdout: bytes, stderr: str, status: int) -> dict[str, Any]:
    """Return the checker's report; raise the error it reports instead, or that it died."""
    try:
        report = json.loads(stdout)
    except ValueError:
        report = None
    if isinstance(report, dict) and "ok" in report:
        return report
    if isinstance(report, dict) and isinstance(report.get("error"), dict):
        raise DjobsError.from_wire(report["error"])
    if status == EXIT_BUSY:
        raise DjobsError(ErrorCode.BUSY, stderr.strip() or "A daemon has the database open.")
    last_words = stderr.strip().splitlines()[-1:] or ["nothing"]
    raise DjobsError(
        ErrorCode.INTERNAL, f"The checker ended with status {status} and said: {last_words[0]}"
    )


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
        rows.append(("Next", restoring(state_dir(), str(report["path"]))))
    what = "database" if is_served else "file"
    return f"The {what} is {verdict}.\n{fields(rows, screen)}"


def database_path(home: str) -> str:
    """Return where the database is, or would be if the settings were right."""
    try:
        return settings.load(home).db_path
    except DjobsError:
        return state_file(home, DATABASE)


def restoring(home: str, path: str) -> list[str]:
    """Return the steps from a damaged database back to its last backup."""
    return [
        "`djobsctl stop`",
        f"move {path}, {path}-wal and {path}-shm away",
        f"copy the newest file in {state_file(home, BACKUP_FOLDER)} to {path}",
        "`djobsctl start`",
        "what was recorded since that backup is lost",
    ]
