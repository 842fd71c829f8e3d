"""``djobsctl export``: jobs or events, all of them, for other programs and for spreadsheets."""

import argparse
import os
from collections.abc import Iterator
from typing import Any

from djobs_protocol.limits import EVENTS_PAGE_MAX
from djobs_protocol.states import JobState
from djobsctl.daemon import session
from djobsctl.duration import past
from djobsctl.exporting import COLUMNS, Csv, JsonLines, opened
from djobsctl.options import add_kinds, add_workflow, agent_name, type_name, workflow
from djobsctl.outcome import Outcome
from djobsctl.pages import each_row
from djobsctl.present.screen import Screen
from djobsctl.present.text import plural
from djobsctl.talk import Talk
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from djobsctl.pages import Call

ONLY_JOBS = ("state", "archived")
ONLY_EVENTS = ("since", "kind", "type", "agent")


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "what", choices=list(COLUMNS), help="jobs, newest first; events, oldest first"
    )
    parser.add_argument(
        "--format",
        choices=["jsonl", "csv"],
        default="jsonl",
        help="one JSON object per line (the default), or CSV",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="into a file, which appears when it is complete"
    )
    add_workflow(parser)
    parser.add_argument(
        "--state",
        action="append",
        default=[],
        choices=[str(state) for state in JobState],
        metavar="STATE",
        help="only jobs in this state; may be repeated",
    )
    parser.add_argument("--archived", action="store_true", help="the archived jobs instead")
    parser.add_argument(
        "--since", type=past, metavar="WHEN", help="only events from then on (all that are kept)"
    )
    add_kinds(parser, "--kind", "only these events; may be repeated")
    parser.add_argument(
        "--type",
        action="append",
        default=[],
        type=type_name,
        metavar="NAME",
        help="only events of jobs of this type; may be repeated",
    )
    parser.add_argument(
        "--agent", type=agent_name, metavar="NAME", help="only events of what this agent did"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Write page by page; what is written is not kept in memory."""
    refuse_what_does_not_belong(args)
    if args.json and args.output is None:
        raise UsageError("--json tells how it went, and the rows go elsewhere: add -o FILE.")
    writer = Csv(COLUMNS[args.what]) if args.format == "csv" else JsonLines()
    written = 0
    with session(talk) as call, opened(args.output) as out:
        rows = jobs(call, args) if args.what == "jobs" else events(call, args, talk)
        out.write(writer.head())
        for row in rows:
            out.write(writer.line(row))
            written += 1
    document = {"what": args.what, "format": args.format, "rows": written}
    if args.output is None:
        return Outcome(document, streamed=True)
    return Outcome({**document, "file": os.path.abspath(args.output)})


def refuse_what_does_not_belong(args: argparse.Namespace) -> None:
    """Raise a usage error for a filter of the other kind of rows."""
    others = ONLY_EVENTS if args.what == "jobs" else ONLY_JOBS
    for name in others:
        if getattr(args, name):
            raise UsageError(f"--{name} is no filter of {args.what}.")


def jobs(call: "Call", args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Return the jobs there are at the beginning, newest first, each as it is when it is read."""
    chosen = {
        "correlation_id": workflow(args),
        "states": args.state,
        "archived": args.archived,
    }
    params = {name: value for name, value in chosen.items() if value}
    return each_row(call, "job.list", params, "jobs")


def events(call: "Call", args: argparse.Namespace, talk: Talk) -> Iterator[dict[str, Any]]:
    """Yield the events there are at the beginning, by their numbers, so that none is skipped."""
    end = call("events.read", {"limit": 1})["offset"]
    chosen = {
        "correlation_id": workflow(args),
        "kinds": args.kind,
        "types": args.type,
        "agent": args.agent,
        "limit": EVENTS_PAGE_MAX,
    }
    params = {name: value for name, value in chosen.items() if value}
    start = {"since": args.since} if args.since else {"after": 0}
    while True:
        page = call("events.read", {**params, **start})
        if page.get("lagged") and start.get("after"):
            talk.say(f"The history was cut meanwhile: events up to {page['lagged']} are missing.")
        yield from (event for event in page.get("events", []) if event["seq"] <= end)
        if not page.get("more") or page["offset"] >= end:
            return
        start = {"after": page["offset"]}


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say how much was written where."""
    del screen
    one = document["what"].removesuffix("s")
    return f"Wrote {plural(document['rows'], one)} to {document['file']}."
