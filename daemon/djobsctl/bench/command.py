"""``djobsctl bench``: measure, in private homes, and say how it stands."""

import argparse
import sys
from typing import Any

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.bench import machine
from djobsctl.bench.bench import Bench
from djobsctl.bench.catalog import MEASURES
from djobsctl.bench.effort import FULL, QUICK
from djobsctl.bench.peer_install import install
from djobsctl.bench.processes import stalled_share
from djobsctl.bench.report import report
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"what to measure: {', '.join(MEASURES)} (default: all)",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds; figures vary more")
    parser.add_argument(
        "--peer", action="store_true", help="also measure djobs 0.22.0, installed beside"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Run the measures asked for. The exit status is 1 when a target is missed."""
    _require_linux()
    names = args.names or list(MEASURES)
    if unknown := [name for name in names if name not in MEASURES]:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"There is no measure {unknown[0]!r}; there are {', '.join(MEASURES)}.",
        )
    found = machine.describe()
    peer = install() if args.peer else None
    bench = Bench(QUICK if args.quick else FULL, peer)
    rows = []
    for name in names:
        talk.say(f"Measuring {name} ...")
        rows += MEASURES[name](bench)
        found["stalled_percent_after"] = max(
            stalled_share(), found.get("stalled_percent_after", 0.0)
        )
    document = {
        "quick": args.quick,
        "machine": found,
        "rows": [row.as_document() for row in rows],
        "holds": all(row.holds is not False for row in rows),
    }
    return Outcome(document, EXIT_OK if document["holds"] else EXIT_FALSE)


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the table."""
    return report(document, screen)


def _require_linux() -> None:
    if sys.platform != "linux":
        raise DjobsError(
            ErrorCode.NOT_SUPPORTED, "The benchmarks read /proc, which only Linux has."
        )
