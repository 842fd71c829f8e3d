"""What of a source is in djobs already, and recording what is not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple

from djobs_protocol.limits import TEXT_BYTES_MAX
from djobsctl.importing.items import Standing
from djobsctl.importing.orders import HELD_UNTIL, PREFIX, Order, Place, batches, request
from djobsctl.pages import each_row

Call = Callable[[str, dict[str, Any]], dict[str, Any]]
Session = Callable[[str], AbstractContextManager[Call]]
"""Opens a conversation with the daemon in a workspace."""

_EVIDENCE_CHARS_MAX: Final = TEXT_BYTES_MAX // 4
"""Whatever the characters are."""


class Job(NamedTuple):
    """A job that was imported before."""

    id: str
    state: str
    workflow: str
    origin: Mapping[str, Any]
    held: bool
    """It has ended at its source, and that was not recorded yet when the import was ended."""


class Recorded(NamedTuple):
    """What an import brought about."""

    ids: dict[str, str]
    """Job by item."""
    redacted: int


def known_jobs(call: Call) -> dict[str, Job]:
    """Return the jobs that were imported, into whatever workflow, and whatever became of them.

    By idempotency key; of several with the same one the newest.
    """
    found: dict[str, Job] = {}
    for archived in (False, True):
        for job in each_row(call, "job.list", {"archived": archived}, "jobs"):
            key = job.get("idempotency_key", "")
            if key.startswith(f"{PREFIX}:") and key not in found:
                found[key] = _known(job)
    return found


def record(orders: Sequence[Order], known: Mapping[str, Job], session: Session) -> Recorded:
    """Enqueue what is not there, each batch all or none, and record how what has ended did.

    ``orders`` has all that comes over of one source, also what is there already: others need it.
    """
    ids = {each.item.id: known[each.key].id for each in orders if each.key in known}
    redacted = 0
    for batch in batches([each for each in orders if each.key not in known]):
        with session(batch[0].place.workspace) as call:
            reply = call("job.enqueue", request(batch, ids))
        redacted += reply.get("redacted", 0)
        ids |= {each.item.id: job["id"] for each, job in zip(batch, reply["jobs"], strict=True)}
    for place, ended in _ended(orders, known):
        with session(place.workspace) as call:
            for each in ended:
                _end(call, each, ids[each.item.id])
    return Recorded(ids, redacted)


def _known(job: Mapping[str, Any]) -> Job:
    payload = job.get("payload")
    origin = payload.get("source") if isinstance(payload, dict) else None
    held = job["state"] == "pending" and str(job.get("run_at", ""))[:4] == HELD_UNTIL[:4]
    return Job(
        job["id"],
        job["state"],
        job["correlation_id"],
        origin if isinstance(origin, dict) else {},
        held,
    )


def _ended(
    orders: Sequence[Order], known: Mapping[str, Job]
) -> Iterator[tuple[Place, list[Order]]]:
    places: dict[Place, list[Order]] = {}
    for each in orders:
        job = known.get(each.key)
        if each.job.get("run_at") == HELD_UNTIL and (job is None or job.held):
            places.setdefault(each.place, []).append(each)
    yield from places.items()


def _end(call: Call, order: Order, job_id: str) -> None:
    item = order.item
    said = f"imported: {item.said or f'{item.state} at its source'}"[:_EVIDENCE_CHARS_MAX]
    if item.standing is Standing.DONE:
        call("job.complete", {"job_id": job_id, "evidence": said})
    elif item.standing is Standing.FAILED:
        call("job.fail", {"job_id": job_id, "error": said, "retry": False})
    else:
        call("job.cancel", {"job_id": job_id, "reason": said})
