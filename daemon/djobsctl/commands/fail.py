"""``djobsctl fail ID``: report that a job could not be done; its policy says if it is retried."""

import argparse
from typing import Any

from djobsctl import reporting
from djobsctl.outcome import Outcome
from djobsctl.present.finished import finished_job
from djobsctl.present.screen import Screen
from djobsctl.said import said_text
from djobsctl.talk import Talk
from djobsctl.usage import add_examples

NOTHING_SAID = "It failed without a word."


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    reporting.add_job(parser)
    parser.add_argument(
        "--error",
        required=True,
        metavar="TEXT",
        help="what went wrong; `-` reads it from standard input, of a long one the end",
    )
    parser.add_argument(
        "--no-retry", action="store_true", help="end it now, however many attempts are left"
    )
    add_examples(
        parser,
        "djobsctl fail j1kt --generation 1 --error 'src/a.py does not parse'",
        "djobsctl fail j1kt --generation 1 --error - < test.log",
        "djobsctl fail j1kt --generation 1 --error 'there is no such file' --no-retry",
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Report."""
    said = {
        "error": said_text(args.error) or NOTHING_SAID,
        "retry": False if args.no_retry else None,
    }
    return Outcome({"job": reporting.report("job.fail", args, said, talk)})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say how it stands."""
    return finished_job(document["job"], screen)
