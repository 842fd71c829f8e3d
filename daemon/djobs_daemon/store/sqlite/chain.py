"""The hash chain over the history: what a line's hash covers. Pure.

Each line's hash covers the line before it, so a line that was changed, removed or put in later
breaks the chain at that place. Names (type, workflow, workspace, session) are covered as such, not
as the numbers that stand for them; a long text by its digest.
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
    """Return the hash of a line: everything in it but the hash, in order."""
    return sha256(previous + _encode(line)).digest()


def text_digest(text: str | None) -> bytes | None:
    """Return the digest of the text that a line brought, None if it brought none."""
    return None if text is None else sha256(text.encode()).digest()
