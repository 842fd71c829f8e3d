"""The hash chain over the history: what a line's hash covers. Pure.

Each line's hash covers the line before it, so a line that was changed, removed or put in later
breaks the chain at that place. Long texts are stored once, with their job; a line that brought them
into the job carries their digest.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from djobs_daemon.store.interface import JobDraft, JobRow

_encode = msgspec.json.Encoder(order="deterministic").encode
_ASKED = (
    *("type", "payload", "correlation_id", "workspace", "priority", "max_attempts", "managed_by"),
    *("idempotency_key", "resource_key"),
)
"""What a job asks for. Names are only ever added."""


def first_hash(database: str) -> bytes:
    """Return what stands before the first line of a database's history."""
    return sha256(b"djobs " + database.encode()).digest()


def next_hash(previous: bytes, line: Sequence[Any]) -> bytes:
    """Return the hash of a line: every stored column of it but the hash, in order."""
    return sha256(previous + _encode(line)).digest()


def request_digest(job: JobDraft | JobRow, needs: Sequence[int]) -> bytes:
    """Return the digest of what a job asks for, its dependencies given by number.

    Covers names with values and leaves out what was not asked for, so that a later release may
    know more to ask for and still read the digests of this one.
    """
    asked = {name: value for name in _ASKED if (value := getattr(job, name)) is not None}
    return sha256(_encode(asked | {"depends_on": needs} if needs else asked)).digest()


def outcome_digest(evidence: str | None, last_error: str | None) -> bytes:
    """Return the digest of what came out of a job."""
    return sha256(_encode((evidence, last_error))).digest()
