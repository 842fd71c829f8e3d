"""``djobsctl logs``: the daemon's log file, with or without a daemon."""

import argparse
import sys
import time
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobsctl.logentries import LEVELS, at_least, entries
from djobsctl.logfile import Follower, last_lines, log_path
from djobsctl.options import page_size
from djobsctl.outcome import Outcome
from djobsctl.present.loglines import show
from djobsctl.present.screen import Screen, detect
from djobsctl.talk import Talk
from djobsctl.words import UsageError

LINES_DEFAULT = 50
FOLLOW_SECONDS = 0.25
"""Between two looks at the file. Files have no portable event; a person does not read faster."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "-n", "--lines", type=page_size, default=LINES_DEFAULT, help="how many (%(default)s)"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on until interrupted")
    parser.add_argument(
        "--level", choices=LEVELS, default=LEVELS[0], help="only this level and more serious ones"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Read the file."""
    if args.follow and talk.as_json:
        raise UsageError("--follow has no end, so it cannot be one JSON document. Leave one out.")
    path = log_path(state_dir())
    if args.follow:
        follow(path, args, detect())
    document = {"path": path, "entries": read(path, args.lines, args.level)}
    if not document["entries"]:
        talk.say(f"Nothing is logged in {path}.")
    return Outcome(document)


def read(path: str, count: int, level: str) -> list[dict[str, Any]]:
    """Return the last entries that are serious enough."""
    if level == LEVELS[0]:
        return list(entries(last_lines(path, count)))
    every = entries(last_lines(path, sys.maxsize))
    return [entry for entry in every if at_least(entry["level"], level)][-count:]


def follow(path: str, args: argparse.Namespace, screen: Screen) -> None:
    """Print what is there and what comes, until interrupted."""
    with Follower(path) as follower:
        lines = last_lines(path, args.lines)
        while True:
            for entry in entries(lines):
                if at_least(entry["level"], args.level):
                    sys.stdout.write(show(entry, screen) + "\n")
            sys.stdout.flush()
            time.sleep(FOLLOW_SECONDS)
            lines = list(follower.fresh())


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the entries, oldest first."""
    return "\n".join(show(entry, screen) for entry in document["entries"])
