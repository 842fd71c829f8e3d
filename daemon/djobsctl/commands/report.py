"""``djobsctl report``: what did my agents do? As Markdown, to paste into a stand-up."""

import argparse
import time
from typing import Any

from djobsctl.daemon import session
from djobsctl.duration import past
from djobsctl.options import folder
from djobsctl.outcome import Outcome
from djobsctl.output import print_document
from djobsctl.present.screen import Screen
from djobsctl.standup.gathering import report_of
from djobsctl.standup.markdown import markdown
from djobsctl.standup.reading import read
from djobsctl.talk import Talk

SCHEMA = "djobs.report/1"


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--since",
        type=past,
        default="yesterday",
        metavar="WHEN",
        help="yesterday, today, 7d, 2026-11-22 or 2026-11-22T10:00 (%(default)s)",
    )
    parser.add_argument("--until", type=past, metavar="WHEN", help="the other end (now)")
    parser.add_argument(
        "--workspace", metavar="DIR", type=folder, help="only jobs of this folder, of any workflow"
    )
    parser.add_argument(
        "--format", choices=["markdown", "json"], default="markdown", help="(%(default)s)"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Read, and put together."""
    with session(talk) as call:
        material = read(call, args.since, args.until, args.workspace)
    report = report_of(material, time.time())
    if args.format == "json" and not talk.as_json:
        print_document(SCHEMA, report)
        return Outcome(report, streamed=True)
    return Outcome(report)


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return Markdown."""
    return markdown(document, screen.now)
