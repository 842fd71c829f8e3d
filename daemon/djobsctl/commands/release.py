"""``djobsctl release ID``: give a job back that was claimed; it counts as no attempt."""

import argparse
from typing import Any

from djobsctl import reporting
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.usage import add_examples


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    reporting.add_job(parser)
    parser.add_argument("--reason", metavar="TEXT", help="why; kept in the history")
    add_examples(parser, "djobsctl release j1kt --generation 1 --reason 'needs a person'")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Give it back."""
    reporting.require_generation(args)
    return Outcome({"job": reporting.report("job.release", args, {"reason": args.reason}, talk)})


def render(document: dict[str, Any], _screen: Screen) -> str:
    """Say that it is free."""
    job = document["job"]
    return f"{job['id']} is {job['state']}: the next agent may claim it."
