"""Idempotency keys: which jobs they name, and for how long. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from djobs_daemon.store.records import JobDraft, JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.values import NewJob


class Key(NamedTuple):
    """A key as its owner is found by it."""

    text: str
    everywhere: bool
    """Of all workspaces; the same text within a workspace is another key."""


Owners = Mapping[Key, JobRow]


def key_of(job: JobDraft | JobRow) -> Key | None:
    """Return the key of a job that has one."""
    return None if job.idempotency_key is None else Key(job.idempotency_key, job.key_everywhere)


def is_over(owner: JobRow, now: int) -> bool:
    """Say whether the window has passed in which a job has its key."""
    return owner.key_until is not None and owner.key_until <= now


def require_consistent(job: NewJob) -> None:
    """Raise ``INVALID_PARAMS`` if what is said of a key has no key, or contradicts itself."""
    if job.idempotency_key is None:
        _require_key(job)
    elif job.key_seconds is not None and job.key_states != "successful":
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            "key_seconds names the job whatever becomes of it, key_states while it is in some "
            "states; expected one of them.",
        )
    if job.resource_key is None and job.resource_scope != "workspace":
        raise _pointless("resource_scope", "resource_key")


def _require_key(job: NewJob) -> None:
    if job.key_scope != "workspace":
        raise _pointless("key_scope", "idempotency_key")
    if job.key_states != "successful":
        raise _pointless("key_states", "idempotency_key")
    if job.key_seconds is not None:
        raise _pointless("key_seconds", "idempotency_key")


def _pointless(argument: str, key: str) -> DjobsError:
    return DjobsError(
        ErrorCode.INVALID_PARAMS, f"{argument} says for what {key} counts; there is no {key}."
    )
