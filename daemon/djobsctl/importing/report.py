"""What an import would do or did, as plain values for people and programs. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from djobsctl.importing.choosing import Plan
from djobsctl.importing.items import Item, Problem, Source
from djobsctl.importing.ledger import Job
from djobsctl.importing.orders import Order, digest_of, key_of

OPEN_STATES = frozenset({"pending", "running", "retry_scheduled"})


class Prepared(NamedTuple):
    """One source, ready to be taken or refused."""

    source: Source
    plan: Plan
    orders: list[Order]
    problems: list[Problem]

    def is_refused(self, *, skip_bad: bool) -> bool:
        """Say whether nothing of it comes over."""
        helpless = any(not each.left_out for each in self.problems)
        return helpless or (bool(self.problems) and not skip_bad)


def describe(
    prepared: Prepared,
    known: Mapping[str, Job],
    ids: Mapping[str, str] | None,
    *,
    skip_bad: bool,
) -> dict[str, Any]:
    """Return the source's part of the document; ``ids`` is what was recorded, None before that."""
    source, refused = prepared.source, prepared.is_refused(skip_bad=skip_bad)
    new = [each for each in prepared.orders if each.key not in known]
    here = [each for each in prepared.orders if each.key in known]
    return {
        "kind": source.kind,
        "path": source.path,
        "part": source.part,
        "refused": refused,
        "found": len(source.items),
        "places": _places(prepared.orders),
        "new": [_new(each, ids) for each in new],
        "here": len(here),
        "elsewhere": _elsewhere(here, known),
        "brought_along": prepared.plan.brought_along,
        "left": {str(standing): count for standing, count in prepared.plan.left.items()},
        "passed_over": source.passed_over,
        "notes": prepared.plan.notes,
        "changed": _changes(source, known),
        "problems": [each._asdict() for each in prepared.problems],
    }


def _places(orders: Sequence[Order]) -> list[dict[str, str]]:
    return [place._asdict() for place in dict.fromkeys(each.place for each in orders)]


def _elsewhere(here: Sequence[Order], known: Mapping[str, Job]) -> list[str]:
    """Return the other workflows than where they would belong in which jobs are here."""
    found = ((known[each.key].workflow, each.place.workflow) for each in here)
    return list(dict.fromkeys(there for there, asked in found if there != asked))


def _new(order: Order, ids: Mapping[str, str] | None) -> dict[str, Any]:
    item = order.item
    title = item.title or json.dumps(item.content, ensure_ascii=False)
    told = {"id": item.id, "title": title, "type": order.job["type"], "state": item.standing}
    return told if ids is None else {**told, "job_id": ids[item.id]}


def _changes(source: Source, known: Mapping[str, Job]) -> list[dict[str, str]]:
    """Return what was imported and is not at its source any more what it was then."""
    told = []
    for item in source.items:
        job = known.get(key_of(item, source))
        if job is not None and (what := _change(item, job)):
            told.append({"job_id": job.id, "state": job.state, "id": item.id, "what": what})
    return told


def _change(item: Item, job: Job) -> str:
    before = job.origin.get("state")
    changes = []
    if before != item.state and job.state in OPEN_STATES:
        changes.append(f"is {item.state} there, was {before}")
    if job.origin.get("digest") != digest_of(item):
        changes.append("was changed there")
    return ", ".join(changes)
