"""Which events somebody is told of, and in which words. Pure: plain functions over a view."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from djobs_daemon.executors.books import ASKED
from djobs_daemon.notifying.message import TEXT_CHARS, Notification
from djobs_daemon.notifying.table import EventName
from djobs_daemon.queue.present import moment
from djobs_daemon.queue.texts import clip
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import EventRow, JobRow
from djobs_protocol.states import TERMINAL_EVENTS, EventKind

FAILURES: Final = frozenset({EventKind.FAILED, EventKind.DEAD_LETTERED})
KINDS: Final = tuple(sorted({*TERMINAL_EVENTS, EventKind.PAUSED}))
"""Of events that may be worth a word."""
LOST_MAX: Final = 200
WORDS: Final = {EventKind.FAILED: "failed", EventKind.DEAD_LETTERED: "failed for the last time"}


def chosen(
    view: View, events: Sequence[EventRow], wanted: Collection[EventName]
) -> list[Notification]:
    """Return what to tell of events, oldest first: at most one thing of each."""
    last_of = {event.correlation_id: event.seq for event in events if event.kind in TERMINAL_EVENTS}
    found = []
    for event in events:
        job = view.job(event.job_id)
        if job is None:
            continue
        is_last = last_of.get(event.correlation_id) == event.seq
        candidates = _candidates(view, event, job, is_last=is_last)
        first = next((each for each in candidates if each.kind in wanted), None)
        if first is not None:
            found.append(first)
    return found


def _candidates(
    view: View, event: EventRow, job: JobRow, *, is_last: bool
) -> Iterator[Notification]:
    """Yield what may be said of an event, the weightiest first."""
    if event.kind is EventKind.PAUSED:
        if any(each.scope == ASKED and each.job_id == job.id for each in view.reservations()):
            why = f"{job.id} is paused and asks: {event.note or 'its budget is used up'}"
            yield _said("budget_asks", event, job, why, f"djobsctl budget allow {job.id}")
        return
    blocked = event.kind in TERMINAL_EVENTS and _blocks_for_good(view, event, job)
    if event.kind in FAILURES:
        why = f"{job.type} {job.id} {WORDS[event.kind]}: {event.note or 'no reason given'}"
        yield _said("job_failed", event, job, why, f"djobsctl show {job.id}")
    if blocked:
        why = f"{job.id} ended without success, and others wait for it for good."
        yield _said("needs_human", event, job, why, f"djobsctl show {job.id}")
    apply = f"djobsctl apply {job.id}"
    if event.kind is EventKind.SUCCEEDED and apply in (job.evidence or ""):
        why = f"{job.type} {job.id} is done; its changes wait to be looked at."
        yield _said("needs_human", event, job, why, apply)
    if is_last and not view.count_unfinished(event.correlation_id):
        why = f"All jobs of {event.correlation_id} have ended."
        where = f"djobsctl list --correlation {event.correlation_id}"
        yield _said("workflow_done", event, job, why, where)


def _blocks_for_good(view: View, event: EventRow, job: JobRow) -> bool:
    if event.kind in (EventKind.SUCCEEDED, EventKind.SKIPPED) or job.state is not event.state:
        return False
    return any(each.needs == job.id for each in view.lost(event.correlation_id, LOST_MAX))


def _said(kind: EventName, event: EventRow, job: JobRow, text: str, step: str) -> Notification:
    return Notification(
        kind=kind,
        offset=event.seq,
        at=moment(event.at).isoformat().replace("+00:00", "Z"),
        job_id=job.id,
        job_type=job.type,
        state=str(event.state),
        workspace=job.workspace,
        workflow=event.correlation_id,
        text=clip(" ".join(text.split()), TEXT_CHARS),
        next=step,
    )
