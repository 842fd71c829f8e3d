"""``djobsctl complete ID``: report that a job is done; where it has checks, they decide."""

import argparse
from typing import Any

from djobs_protocol.limits import CHECKS_WAIT_SECONDS
from djobsctl import reporting
from djobsctl.checking import when_checked
from djobsctl.outcome import Outcome
from djobsctl.present.finished import finished_job
from djobsctl.present.screen import Screen
from djobsctl.said import said_text
from djobsctl.talk import Talk
from djobsctl.usage import add_examples

ANSWER_SECONDS = 10.0
"""For the answer, beside what the daemon itself waits for checks."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    reporting.add_job(parser)
    parser.add_argument(
        "--evidence",
        metavar="TEXT",
        help="what was done; `-` reads it from standard input, of a long one the end",
    )
    add_examples(
        parser,
        "djobsctl complete j1kt --generation 1 --evidence '12 tests pass'",
        "djobsctl complete j1kt --generation 1 --evidence - < test.log",
        "djobsctl complete j2bx          # what nobody claimed needs no generation",
        note="Where the job has checks, it is done when they have passed; status 1: one has not.",
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Report, and wait for its checks."""
    seconds = CHECKS_WAIT_SECONDS + ANSWER_SECONDS
    said = {"evidence": said_text(args.evidence) or None}
    job = reporting.report("job.complete", args, said, talk, seconds)
    if job.get("checking"):
        talk.say(f"The checks of {args.job_id} still run ...")
        job = when_checked(job, talk)
    return Outcome({"job": job})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say how it stands."""
    return finished_job(document["job"], screen)
