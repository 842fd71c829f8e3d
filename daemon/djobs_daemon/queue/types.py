"""Defaults by type: a job's own word goes first, then its type's, then what is built in. Pure.

They are settled when a job is enqueued: its row says all that it was given, and a later change of
its type does not reach it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from djobs_daemon.queue.enqueue import attempts_default
from djobs_daemon.queue.present import as_milliseconds
from djobs_daemon.queue.retry import stored_policy
from djobs_daemon.store.records import JobDraft
from djobs_protocol.queue_requests import SetType
from djobs_protocol.values import Defaults, NewJob, Retry, TypeDefaults

NONE = Defaults()
_NO_RETRY = Retry()


def completed(
    drafts: Sequence[JobDraft], asked: Sequence[NewJob], types: Mapping[str, Defaults]
) -> list[JobDraft]:
    """Return the drafts with what their types say where the jobs said nothing."""
    return [
        _completed(draft, job, types[draft.type]) if draft.type in types else draft
        for draft, job in zip(drafts, asked, strict=True)
    ]


def _completed(draft: JobDraft, job: NewJob, defaults: Defaults) -> JobDraft:
    managed_by = job.managed_by or defaults.managed_by or draft.managed_by
    built_in = attempts_default(managed_by)
    return msgspec.structs.replace(
        draft,
        priority=_first(job.priority, defaults.priority, draft.priority),
        max_attempts=_first(job.max_attempts, defaults.max_attempts, built_in),
        managed_by=managed_by,
        lease_ms=as_milliseconds(job.lease_seconds or defaults.lease_seconds),
        retry_policy=stored_policy(job.retry, defaults.retry),
    )


def _first(own: int | None, of_type: int | None, built_in: int) -> int:
    return own or of_type or built_in  # none of them may be 0


def changed(before: Defaults, request: SetType) -> Defaults:
    """Return a type's defaults after a request; raise ``INVALID_PARAMS`` if they make no sense."""
    old = NONE if request.reset else before
    chosen = Defaults(
        priority=request.priority or old.priority,
        max_attempts=request.max_attempts or old.max_attempts,
        lease_seconds=request.lease_seconds or old.lease_seconds,
        managed_by=request.managed_by or old.managed_by,
        retry=_merged(old.retry, request.retry),
    )
    stored_policy(chosen.retry)
    return chosen


def _merged(old: Retry | None, new: Retry | None) -> Retry | None:
    if old is None or new is None:
        return new or old
    said = {name: value for name, value in msgspec.structs.asdict(new).items() if value is not None}
    return msgspec.structs.replace(old, **said)


def present_types(types: Mapping[str, Defaults]) -> list[TypeDefaults]:
    """Return the public form of all defaults, by name."""
    return [
        TypeDefaults(type=name, **msgspec.structs.asdict(each))
        for name, each in sorted(types.items())
    ]
