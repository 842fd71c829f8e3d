"""``djobsctl logs [JOB]``: the daemon's log file, or what the work of a job printed."""

import argparse
import sys
import time
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl import joblog
from djobsctl.logentries import LEVELS, at_least, entries
from djobsctl.logfile import Follower, last_lines, log_path
from djobsctl.options import attempt, job_id, offset, page_size, size
from djobsctl.outcome import Outcome
from djobsctl.output import print_document
from djobsctl.present.joblog import not_begun
from djobsctl.present.loglines import show
from djobsctl.present.screen import Screen, detect
from djobsctl.present.text import plural
from djobsctl.talk import Talk
from djobsctl.words import UsageError

SCHEMA = "djobs.logs/1"
LINES_DEFAULT = 50
FOLLOW_SECONDS = 0.25
"""Between two looks at the file. Files have no portable event; a person does not read faster."""
OF_THE_DAEMON = ("lines", "level")
OF_A_JOB = ("from", "tail", "attempt")
WHOLE = {"missing_bytes": 0, "running": False, "last_generation": 0, "ended": False}
"""What the daemon leaves out of a chunk where it says nothing."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "job_id", nargs="?", type=job_id, metavar="JOB", help="a job that djobs runs by itself"
    )
    parser.add_argument(
        "-f", "--follow", action="store_true", help="go on: until the job has ended, or interrupted"
    )
    its = parser.add_argument_group("of a job")
    where = its.add_mutually_exclusive_group()
    where.add_argument("--from", type=offset, metavar="OFFSET", help="from this byte on (0)")
    where.add_argument("--tail", type=size, metavar="N", help="the last N bytes, or what there is")
    its.add_argument(
        "--attempt", type=attempt, metavar="GENERATION", help="the Nth time it was started (last)"
    )
    own = parser.add_argument_group("of the daemon")
    own.add_argument("-n", "--lines", type=page_size, help=f"how many ({LINES_DEFAULT})")
    own.add_argument("--level", choices=LEVELS, help="only this level and more serious ones")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Read the output, or the file."""
    refuse_of(args, OF_THE_DAEMON if args.job_id else OF_A_JOB)
    if args.job_id:
        return of_a_job(args, talk)
    return of_the_daemon(args, talk)


def refuse_of(args: argparse.Namespace, names: tuple[str, ...]) -> None:
    """Refuse what is about the other log."""
    for name in names:
        if vars(args)[name] is not None and args.job_id:
            raise UsageError(f"--{name} is about the daemon's own log. Leave it out, or the job.")
        if vars(args)[name] is not None:
            raise UsageError(
                f"--{name} is about what a job printed. Name the job, or leave it out."
            )


def of_a_job(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Print what there is, and with ``--follow`` what comes."""
    begin = vars(args)["from"] or -(args.tail or 0)
    place = joblog.Place(args.attempt, begin, alone=args.attempt is not None)
    chunk: dict[str, Any] = {}
    begun = False
    for chunk in (joblog.follow if args.follow else joblog.read)(talk, args.job_id, place):
        begun = begun or joblog.has_begun(chunk)
        if not talk.as_json:
            joblog.print_chunk(chunk, talk)
        elif chunk["data"] or not (args.follow and chunk.get("running")):
            print_document(SCHEMA, WHOLE | chunk)
    if not begun and args.attempt is not None:
        raise no_such_attempt(chunk, args.attempt)
    if not begun:
        talk.say(not_begun(chunk))
    return Outcome({}, streamed=True)


def no_such_attempt(chunk: dict[str, Any], named: int) -> DjobsError:
    """Return the error that a job was not started so often."""
    times = plural(chunk.get("last_generation", 0), "time")
    return DjobsError(
        ErrorCode.INVALID_PARAMS,
        f"{chunk['id']} was started {times}, so there is no attempt {named}.",
        hint="Without --attempt it is the last one.",
    )


def of_the_daemon(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Read the file."""
    if args.follow and talk.as_json:
        raise UsageError("--follow has no end, so it cannot be one JSON document. Leave one out.")
    path, count, level = log_path(state_dir()), args.lines or LINES_DEFAULT, args.level or LEVELS[0]
    if args.follow:
        follow(path, count, level, detect())
    document = {"path": path, "entries": read(path, count, level)}
    if not document["entries"]:
        talk.say(f"Nothing is logged in {path}.")
    return Outcome(document)


def read(path: str, count: int, level: str) -> list[dict[str, Any]]:
    """Return the last entries that are serious enough."""
    if level == LEVELS[0]:
        return list(entries(last_lines(path, count)))
    every = entries(last_lines(path, sys.maxsize))
    return [entry for entry in every if at_least(entry["level"], level)][-count:]


def follow(path: str, count: int, level: str, screen: Screen) -> None:
    """Print what is there and what comes, until interrupted."""
    with Follower(path) as follower:
        lines = last_lines(path, count)
        while True:
            for entry in entries(lines):
                if at_least(entry["level"], level):
                    sys.stdout.write(show(entry, screen) + "\n")
            sys.stdout.flush()
            time.sleep(FOLLOW_SECONDS)
            lines = list(follower.fresh())


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the entries, oldest first."""
    return "\n".join(show(entry, screen) for entry in document["entries"])
