"""The steps of ``djobsctl import``: read, choose, compare, record."""

import os
from argparse import Namespace
from typing import Any

from djobs_protocol.endpoint import account_home
from djobsctl.daemon import session
from djobsctl.importing.choosing import Wishes, plan
from djobsctl.importing.files import Unreadable
from djobsctl.importing.items import TO_DO, Source
from djobsctl.importing.kinds import find, unreadable
from djobsctl.importing.ledger import Job, Session, known_jobs, record
from djobsctl.importing.orders import Order, Terms, digest_of, order, shortened, too_much
from djobsctl.importing.places import usual
from djobsctl.importing.report import Prepared, describe
from djobsctl.talk import Talk
from djobsctl.words import UsageError


def look_around(kind: str | None) -> dict[str, Any]:
    """Return what is in the usual places; no daemon is asked."""
    home = os.environ.get("HOME") or account_home() or "/"
    places = []
    for place in usual(home, os.getcwd(), os.environ):
        for found_kind in dict.fromkeys(found.kind for found in place.found):
            if kind not in (None, found_kind):
                continue
            sources = _each_once(
                source
                for found in place.found
                if found.kind == found_kind
                for source in found.read()
            )
            places.append({"kind": found_kind, "path": place.path, **_counts(sources)})
    return {"places": places}


def bring_over(args: Namespace, talk: Talk) -> dict[str, Any]:
    """Return what came over, or would."""
    missing = [path for path in args.paths if not os.path.exists(path)]
    if missing:
        raise UsageError(f"There is no such file or folder: {missing[0]}")
    terms = Terms(
        args.workspace or os.path.realpath(os.getcwd()), args.into, move=args.workspace is not None
    )
    wishes = Wishes(done=args.with_done, deferred=args.with_deferred)
    with talk.waiting("Reading ..."):
        prepared = [prepare(source, wishes, terms) for source in read(args.paths, args.kind)]

    def open_session(workspace: str) -> Any:
        return session(talk, workspace)

    known = _known(prepared, terms, open_session)
    documents = []
    for each in prepared:
        ids, redacted = None, 0
        if args.apply and not each.is_refused(skip_bad=args.skip_bad):
            recorded = record(each.orders, known, open_session)
            ids, redacted = recorded.ids, recorded.redacted
        told = describe(each, known, ids, skip_bad=args.skip_bad)
        documents.append({**told, "redacted": redacted})
    return {"applied": args.apply, "sources": documents}


def read(paths: list[str], kind: str | None) -> list[Source]:
    """Read all that is at some paths; what cannot be read is a source with only that problem."""
    sources: list[Source] = []
    for path in dict.fromkeys(os.path.realpath(path) for path in paths):
        try:
            found = find(path, kind)
        except Unreadable as error:
            sources.append(unreadable(kind or "unknown", path, error.problem))
            continue
        for each in found:
            sources += each.read()
    return _each_once(sources)


def prepare(source: Source, wishes: Wishes, terms: Terms) -> Prepared:
    """Return a source's plan and the jobs that it becomes."""
    planned = plan(source, wishes)
    read_as = {item.id: digest_of(item) for item in reversed(source.items)}
    problems = list(planned.problems)
    orders: list[Order] = []
    for item in planned.items:
        ordered = order(item, source, terms, read_as[item.id])
        problem = too_much(ordered)
        if problem is not None:
            problems.append(problem)
            ordered = shortened(ordered)
        orders.append(ordered)
    return Prepared(source, planned, orders, problems)


def _known(prepared: list[Prepared], terms: Terms, open_session: Session) -> dict[str, Job]:
    """Return what was imported before, if there is anything that it could be."""
    if not any(each.source.items for each in prepared):
        return {}
    with open_session(terms.workspace) as call:
        return known_jobs(call)


def _each_once(sources: Any) -> list[Source]:
    """Return each source once, also where two paths lead to it."""
    seen: dict[tuple[str, str, str], Source] = {}
    for source in sources:
        seen.setdefault((source.kind, os.path.realpath(source.path), source.identity), source)
    return list(seen.values())


def _counts(sources: list[Source]) -> dict[str, int]:
    items = [item for source in sources for item in source.items]
    return {
        "sources": len(sources),
        "items": len(items),
        "to_do": sum(item.standing in TO_DO for item in items),
        "problems": sum(len(source.problems) for source in sources),
    }
