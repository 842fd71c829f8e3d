"""``djobsctl heartbeat ID``: renew the lease of a job that takes longer."""

import argparse
from typing import Any

from djobsctl import reporting
from djobsctl.duration import length_of_lease
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.text import ago, clock
from djobsctl.talk import Talk
from djobsctl.usage import add_examples


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    reporting.add_job(parser)
    parser.add_argument(
        "--lease", type=length_of_lease, metavar="SPAN", help="from now on (as long as the claim's)"
    )
    add_examples(parser, "djobsctl heartbeat j1kt --generation 1 --lease 30m")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Renew it."""
    reporting.require_generation(args)
    job = reporting.report("job.heartbeat", args, {"lease_seconds": args.lease}, talk)
    return Outcome({"job": job})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say until when."""
    job = document["job"]
    until = job["lease_expires_at"]
    return f"{job['id']} is yours until {clock(until, screen.now)}, {ago(until, screen.now)}."
