"""The hash chain over the history: what a line's hash covers. Pure.

Each line's hash covers the line before it, so a line that was changed, removed or put in later
breaks the chain at that place. Long texts are stored once, with their job; a line that brought them
into the job carries their digest.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def first_hash(database: str) -> bytes:
    """Return what stands before the first line of a database's history."""
    return sha256(b"djobs " + database.encode()).digest()


def next_hash(previous: bytes, line: Sequence[Any]) -> bytes:
    """Return the hash of a line: every stored column of it but the hash, in order."""
    return sha256(previous + _encode(line)).digest()


def request_digest(
    job_type: str,
    payload: str,
    correlation_id: str,
    workspace: str,
    idempotency_key: str | None,
    resource_key: str | None,
    depends_on: Sequence[int],
) -> bytes:
    """Return the digest of what a job asks for."""
    parts = (
        job_type,
        payload,
        correlation_id,
        workspace,
        idempotency_key,
        resource_key,
        depends_on,
    )
    return sha256(_encode(parts)).digest()


def outcome_digest(evidence: str | None, last_error: str | None) -> bytes:
    """Return the digest of what came out of a job."""
    return sha256(_encode((evidence, last_error))).digest()
