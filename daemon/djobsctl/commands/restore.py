"""``djobsctl restore``: put a backup in the place of the database; the daemon must be stopped."""

import argparse
import os
from typing import Any

from djobs_local import settings
from djobs_local.backups import generations
from djobs_protocol.endpoint import BACKUP_FOLDER, state_dir, state_file
from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.confirming import add_confirmation, confirm
from djobsctl.offline import REPLACING_SECONDS_DEFAULT, refuse_while_it_runs, run_offline
from djobsctl.options import add_timeout
from djobsctl.outcome import EXIT_FALSE, Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.text import plural
from djobsctl.talk import Talk
from djobsctl.turn import turn

LATEST = "latest"


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "backup",
        metavar="FILE|NAME",
        help="a file, a name that `backup --list` shows, or `latest`",
    )
    add_confirmation(parser)
    add_timeout(parser, REPLACING_SECONDS_DEFAULT, "how long it may take")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Check the backup, then let it take the place of the database."""
    home = state_dir()
    refuse_while_it_runs(home)
    source = file_of(home, args.backup)
    database = settings.load(home).db_path
    if not confirm(args, f"Put {source} in the place of {database}, which is kept as a backup?"):
        return Outcome({"restored": None}, EXIT_FALSE)
    where = ["--home", home, "--db", database, "--restore", source]
    with turn(home), talk.waiting("Checking the backup ..."):
        answer = run_offline(where, args.timeout)
    return Outcome({"restored": source, **answer})


def file_of(home: str, backup: str) -> str:
    """Return the file that is meant: a path, a generation's name, or the newest one."""
    folder = state_file(home, BACKUP_FOLDER)
    if backup == LATEST:
        made = [each for each in generations(folder) if not each.was_replaced]
        if not made:
            raise DjobsError(ErrorCode.UNAVAILABLE, f"There is no backup yet in {folder}.")
        return made[-1].path
    for path in (os.path.join(folder, backup), os.path.abspath(backup)):
        if os.path.isfile(path):
            return path
    raise DjobsError(
        ErrorCode.INVALID_PARAMS,
        f"There is no file and no backup {backup}.",
        hint="`djobsctl backup --list` shows the backups.",
    )


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what is in place now, where the other is, and what comes next."""
    if document["restored"] is None:
        return "Nothing was changed."
    report = document["database"]
    lines = [
        f"Restored {report['path']} from {document['restored']}: "
        f"{plural(report['jobs'], 'job')}, {plural(report['events'], 'event')}, all verified."
    ]
    if document["replaced"]:
        lines.append(f"What was there is kept as {document['replaced']}.")
    lines.append("Jobs and reports since that backup are no longer known; no id is given twice.")
    lines.append("`djobsctl start` starts the daemon.")
    return "\n".join(lines)
