"""``djobsctl watch``: events as they happen, one line each."""

import argparse
import json
import sys
import time
from typing import Any

from djobs_protocol.states import TERMINAL_EVENTS, EventKind
from djobsctl.daemon import session
from djobsctl.duration import past, point_in_time
from djobsctl.following import follow, read
from djobsctl.options import add_kinds, add_workflow, job_id, offset, type_name, workflow
from djobsctl.outcome import Outcome
from djobsctl.present.jobs import event_line
from djobsctl.present.screen import detect
from djobsctl.talk import Talk
from djobsctl.words import UsageError

SCHEMA = "djobs.watch/1"
SINCE_DEFAULT = "24h"
"""Without ``--follow``, as ``audit`` has it."""
KINDS = ", ".join(EventKind)


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--since",
        type=past,
        metavar="WHEN",
        help="from 2h ago, or 2026-11-22T10:00, on (24h; with --follow: now)",
    )
    start.add_argument(
        "--after", type=offset, metavar="OFFSET", help="what came after the line with this offset"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on until interrupted")
    end = parser.add_mutually_exclusive_group()
    end.add_argument(
        "--until-idle", action="store_true", help="follow until no job of these is open"
    )
    add_kinds(end, "--until-kind", "follow until such an event; may be repeated")
    parser.add_argument(
        "--job",
        action="append",
        default=[],
        type=job_id,
        metavar="ID",
        help="only this job, or jobs of the workflow; may be repeated",
    )
    add_workflow(parser)
    add_kinds(parser, "--kind", f"only these events; may be repeated: {KINDS}")
    parser.add_argument(
        "--type", action="append", default=[], type=type_name, metavar="NAME", help="only this type"
    )
    parser.add_argument("--agent", type=type_name, metavar="NAME", help="only what this agent does")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Print what is there and what comes."""
    if args.until_idle and (args.type or args.agent):
        raise UsageError("--until-idle looks at all jobs of a workflow: leave out --type, --agent.")
    watching = Watching(args, talk)
    if args.follow or args.until_idle or args.until_kind:
        watching.follow()
    else:
        watching.catch_up()
    return Outcome({}, streamed=True)


class Watching:
    """One run of the command."""

    def __init__(self, args: argparse.Namespace, talk: Talk) -> None:
        self._talk = talk
        self._shown = {*args.kind, *args.until_kind} if args.kind else set()
        self._until_kinds = set(args.until_kind)
        self._until_idle: bool = args.until_idle
        self._subject = {
            name: value
            for name, value in {"job_ids": args.job, "correlation_id": workflow(args)}.items()
            if value
        }
        looked_for = self._shown | TERMINAL_EVENTS if self._until_idle else self._shown
        chosen = {
            **self._subject,
            "kinds": sorted(looked_for) if self._shown else [],
            "types": args.type,
            "agent": args.agent,
        }
        self._selection = {name: value for name, value in chosen.items() if value}
        given = {"after": args.after, "since": args.since}
        self._place = {name: value for name, value in given.items() if value is not None}
        self._screen = detect()
        self._as_json = talk.as_json or not sys.stdout.isatty()

    def catch_up(self) -> None:
        """Print what there is already."""
        place = self._place or {"since": point_in_time(SINCE_DEFAULT, time.time())}
        with session(self._talk) as call:
            for page in read(call, self._selection, place):
                self._print(page)

    def follow(self) -> None:
        """Print what comes, until the condition that was named is met."""
        for notice in follow(self._talk, self._selection, self._place):
            self._print(notice)
            kinds = {event["kind"] for event in notice.get("events", [])}
            if kinds & self._until_kinds:
                return
            begins = "events" not in notice
            if self._until_idle and (begins or kinds & TERMINAL_EVENTS) and self._is_idle():
                return

    def _is_idle(self) -> bool:
        """Say whether nothing of what is watched is open any more."""
        open_jobs = {"states": ["pending", "running", "retry_scheduled"], "limit": 1}
        with session(self._talk) as call:
            if "job_ids" in self._subject:
                waited = call("job.wait", {"job_ids": self._subject["job_ids"]})
                if not waited.get("done") or "correlation_id" not in self._subject:
                    return bool(waited.get("done"))
            group = {k: v for k, v in self._subject.items() if k == "correlation_id"}
            return not call("job.list", {**open_jobs, **group}).get("jobs")

    def _print(self, page: dict[str, Any]) -> None:
        if "lagged" in page:
            self._talk.say(f"The history before offset {page['lagged']} is no longer kept.")
        for event in page.get("events", []):
            if not self._shown or event["kind"] in self._shown:
                sys.stdout.write(self._line(event) + "\n")
        sys.stdout.flush()

    def _line(self, event: dict[str, Any]) -> str:
        if not self._as_json:
            return event_line(event, self._screen)
        said = {name: value for name, value in event.items() if name != "seq"}
        return json.dumps({"schema": SCHEMA, "offset": event["seq"], **said})


def render(_document: dict[str, Any], _screen: Any) -> str:
    """Return nothing: every line was printed when it came."""
    return ""
