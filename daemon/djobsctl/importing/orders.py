"""Pieces of work as jobs to enqueue, in batches that one request takes. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from djobs_protocol.limits import (
    BATCH_JOBS_MAX,
    NAME_CHARS_MAX,
    PAYLOAD_BYTES_MAX,
    PAYLOAD_DEPTH_MAX,
)
from djobsctl.importing.items import ENDED, Item, Problem, Source, Standing

PREFIX: Final = "import"
BATCH_BYTES_MAX: Final = 2 * 1024 * 1024
"""Of the payloads in one request: half a frame."""
PRIORITY_LAST: Final = 10
ATTEMPTS_MAX: Final = 100
HELD_UNTIL: Final = "2999-01-01T00:00:00Z"
"""When a job may start that has ended at its source: nobody takes it before its end is recorded."""
_DIGEST_CHARS: Final = 12
_MARGIN_BYTES: Final = 1024


class Place(NamedTuple):
    """Whose jobs they become."""

    workspace: str
    workflow: str


class Order(NamedTuple):
    """One job to enqueue, and the item that it is."""

    item: Item
    place: Place
    key: str
    job: dict[str, Any]
    """The members of ``NewJob``, but the dependencies."""


class Terms(NamedTuple):
    """Where jobs go that do not say it themselves."""

    workspace: str
    workflow: str | None = None
    """All of them, if it is given."""
    move: bool = False
    """The workspace was asked for; what the source says of that does not count."""


def place_of(item: Item, source: Source, terms: Terms) -> Place:
    """Return whose job an item becomes: as asked, else as its source says."""
    home = terms.workspace if terms.move else source.workspace or terms.workspace
    if item.workflow is None:
        return Place(home, terms.workflow or home)
    if item.workflow.startswith("/") and not terms.move:
        return Place(item.workflow, terms.workflow or item.workflow)
    own = home if item.workflow.startswith("/") else item.workflow
    return Place(home, terms.workflow or own)


def key_of(item: Item, source: Source) -> str:
    """Return the idempotency key: the same whenever the same piece of work is read again."""
    key = ":".join(filter(None, (PREFIX, source.kind, source.identity, item.id)))
    if len(key) <= NAME_CHARS_MAX:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{PREFIX}:{source.kind}:{digest}"


def order(item: Item, source: Source, terms: Terms, digest: str) -> Order:
    """Return the job that an item becomes; ``digest`` is that of the item as it was read."""
    key = key_of(item, source)
    job: dict[str, Any] = {
        "type": item.type[:NAME_CHARS_MAX],
        "payload": _payload(item, source, digest),
        "idempotency_key": key,
        "key_scope": "everywhere",
        "priority": PRIORITY_LAST if item.standing is Standing.DEFERRED else item.priority,
        "run_at": HELD_UNTIL if item.standing in ENDED else moment(item.run_at),
        "max_attempts": _attempts(item.max_attempts),
        "resource_key": item.resource_key,
    }
    stated = {name: value for name, value in job.items() if value is not None}
    return Order(item, place_of(item, source, terms), key, stated)


def digest_of(item: Item) -> str:
    """Return what changes when what is to be done changes, but not when it is done."""
    said = [item.title, item.type, item.content, item.priority, sorted(item.needs), item.parent]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:_DIGEST_CHARS]


def moment(value: str | None) -> str | None:
    """Return a time that a job may have: one with a zone."""
    if value is None:
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if when.tzinfo is None else when.isoformat()


def too_much(order: Order) -> Problem | None:
    """Return the problem that a payload is larger, or nested deeper, than one may be."""
    item, size = order.item, _size(order)
    if size + _MARGIN_BYTES > PAYLOAD_BYTES_MAX:
        what = f"{item.id} has {size} bytes of content; a job may have {PAYLOAD_BYTES_MAX}."
    elif _is_deeper(order.job["payload"], PAYLOAD_DEPTH_MAX):
        what = f"The content of {item.id} is nested over {PAYLOAD_DEPTH_MAX} deep."
    else:
        return None
    return Problem(item.path, item.line, what, f"all of {item.id} but its title")


def shortened(order: Order) -> Order:
    """Return an order that is within the limits: title and origin, and where the rest is."""
    payload = {name: order.job["payload"].get(name) for name in ("title", "source")}
    note = f"The content is too much for a job; it is in {order.item.path}."
    kept = {name: value for name, value in payload.items() if value is not None}
    return order._replace(job={**order.job, "payload": {**kept, "description": note}})


def batches(orders: Sequence[Order]) -> Iterator[list[Order]]:
    """Yield the orders so that each request is of one place, and what jobs need is before them.

    ``orders`` has everything after what it needs. Of one place they stay in their order, as long as
    none waits for another place.
    """
    places: dict[Place, int] = {}
    for each in orders:
        places.setdefault(each.place, len(places))
    levels = _levels(orders)
    ranked = sorted(orders, key=lambda each: (levels[each.item.id], places[each.place]))
    batch: list[Order] = []
    size = 0
    for each in ranked:
        own = _size(each)
        full = len(batch) == BATCH_JOBS_MAX or size + own > BATCH_BYTES_MAX
        if batch and (full or each.place != batch[0].place):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += own
    if batch:
        yield batch


def request(batch: Sequence[Order], ids: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of ``job.enqueue``; ``ids`` has the jobs of items stored before."""
    local = {each.item.id: f"#{number}" for number, each in enumerate(batch)}
    jobs = []
    for each in batch:
        needs = [local.get(need) or ids[need] for need in each.item.needs]
        extra = {"depends_on": needs} if needs else {}
        jobs.append({**each.job, "graph_key": local[each.item.id], **extra})
    return {"correlation_id": batch[0].place.workflow, "jobs": jobs}


def _levels(orders: Sequence[Order]) -> dict[str, int]:
    """Return how many times the place changes at most on the way to each."""
    places = {each.item.id: each.place for each in orders}
    levels: dict[str, int] = {}
    for each in orders:
        before = [
            levels[need] + (places[need] != each.place)
            for need in each.item.needs
            if need in places
        ]
        levels[each.item.id] = max(before, default=0)
    return levels


def _payload(item: Item, source: Source, digest: str) -> dict[str, Any]:
    origin = {
        "kind": source.kind,
        "path": item.path,
        "part": source.part,
        "id": item.id,
        "state": item.state,
        "parent": item.parent,
        "created_at": item.created,
        "finished_at": item.finished,
        "digest": digest,
        **(item.origin or {}),
    }
    if item.standing is Standing.STARTED:
        origin["note"] = f"In progress{f' by {item.holder}' if item.holder else ''}; look first."
    elif item.holder:
        origin["assignee"] = item.holder
    told = {name: value for name, value in origin.items() if value is not None}
    title = {"title": item.title} if item.title else {}
    own = item.content if "source" not in item.content else {"payload": item.content}
    return {**title, **own, "source": told}


def _attempts(value: int | None) -> int | None:
    return None if value is None else min(max(value, 1), ATTEMPTS_MAX)


def _size(order: Order) -> int:
    return len(json.dumps(order.job["payload"], ensure_ascii=False).encode())


def _is_deeper(value: Any, levels: int) -> bool:
    """Say whether objects and lists are inside each other over so many levels."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [part for each in layer for part in _parts(each)]
        if not layer:
            return False
    return True


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
