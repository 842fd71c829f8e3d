"""``djobsctl audit``: what happened, as counts or event by event."""

import argparse
from typing import Any

from djobs_protocol.states import EventKind
from djobsctl.daemon import session
from djobsctl.duration import past
from djobsctl.options import (
    add_kinds,
    add_paging,
    agent_name,
    correlation,
    folder,
    job_id,
    page,
    session_name,
    type_name,
)
from djobsctl.outcome import Outcome
from djobsctl.pages import read_pages
from djobsctl.present.jobs import event_table
from djobsctl.present.screen import Screen
from djobsctl.present.table import Column, table
from djobsctl.present.text import clock, moment, plural
from djobsctl.talk import Talk
from djobsctl.words import UsageError

LIMIT_DEFAULT = 100
NOW_SECONDS = 60.0
"""A span that ended less than this ago ends now, as far as a person cares."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--since", type=past, metavar="WHEN", help="2h, 3d or 2026-11-22T10:00 (the last 24 h)"
    )
    parser.add_argument("--until", type=past, metavar="WHEN", help="the other end (now)")
    parser.add_argument("--correlation", metavar="ID", type=correlation, help="only this workflow")
    parser.add_argument(
        "--workspace", metavar="DIR", type=folder, help="only jobs of this folder, of any workflow"
    )
    parser.add_argument("--agent", metavar="NAME", type=agent_name, help="only what it did")
    parser.add_argument(
        "--session", metavar="ID", type=session_name, help="only what was done in it"
    )
    parser.add_argument("--job", metavar="ID", type=job_id, help="only this job")
    parser.add_argument(
        "--type",
        action="append",
        default=[],
        metavar="NAME",
        type=type_name,
        help="only jobs of this type; may be repeated",
    )
    add_kinds(parser, "--kind", f"only these events; may be repeated: {', '.join(EventKind)}")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--summary", action="store_true", help="counts and failures (the default)")
    form.add_argument("--detail", action="store_true", help="the events, newest first")
    add_paging(parser, LIMIT_DEFAULT, ", with --detail")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Ask the daemon."""
    chosen = {
        "since": args.since,
        "until": args.until,
        "correlation_id": args.correlation,
        "workspace": args.workspace,
        "agent": args.agent,
        "session": args.session,
        "job_id": args.job,
        "types": args.type,
        "kinds": args.kind,
    }
    params = {name: value for name, value in chosen.items() if value}
    if not args.detail:
        refuse_paging(args)
    begin, limit = page(args, LIMIT_DEFAULT)
    with session(talk) as call:
        if args.detail:
            return Outcome(read_pages(call, "audit.query", {**params, **begin}, "events", limit))
        return Outcome(call("audit.query", {**params, "summary": True}))


def refuse_paging(args: argparse.Namespace) -> None:
    """Raise a usage error for what has no meaning without pages."""
    given = {"--limit": args.limit, "--all-pages": args.all_pages, "--cursor": args.cursor}
    for option, value in given.items():
        if value:
            raise UsageError(f"{option} is about the events themselves: add --detail.")


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the events if there are any, else the counts."""
    if document.get("events"):
        return _detail(document, screen)
    if not document["total"]:
        return f"Nothing happened {_span(document, screen)}."
    return _summary(document, screen)


def _detail(document: dict[str, Any], screen: Screen) -> str:
    shown, total = len(document["events"]), document["total"]
    more = f" of {total}" if total > shown else ""
    more += ", more with --all-pages" if document.get("next_cursor") else ""
    footer = screen.paint(plural(shown, "event") + more, "dim")
    return f"{event_table(document['events'], screen)}\n{footer}"


def _summary(document: dict[str, Any], screen: Screen) -> str:
    parts = [
        screen.paint(f"{plural(document['total'], 'event')} {_span(document, screen)}", "bold")
    ]
    for title, counts in (
        ("EVENT", document.get("by_kind", {})),
        ("TYPE", document.get("by_type", {})),
        ("WORKSPACE", document.get("by_workspace", {})),
        ("AGENT", document.get("by_agent", {})),
        ("SESSION", document.get("by_session", {})),
    ):
        if counts:
            parts.append(_counts(title, counts, screen))
    if document.get("recent_failures"):
        failures = event_table(document["recent_failures"], screen)
        parts.append(f"{screen.paint('Recent failures', 'bold')}\n{failures}")
    return "\n\n".join(parts)


def _counts(title: str, counts: dict[str, int], screen: Screen) -> str:
    rows = [[name, str(count)] for name, count in counts.items()]
    return table([Column(title, flexible=True), Column("COUNT", right=True)], rows, screen)


def _span(document: dict[str, Any], screen: Screen) -> str:
    since, until = (clock(document[end], screen.now) for end in ("since", "until"))
    ended = moment(document["until"])
    if ended and abs(screen.now - ended.timestamp()) < NOW_SECONDS:
        return f"since {since}"
    return f"from {since} to {until}"
