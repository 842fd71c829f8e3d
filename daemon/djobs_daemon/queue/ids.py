"""Public job ids: short, because agents pay for every character, and hard to mistake.

``j<number><two letters>``. The letters are a keyed checksum of the number, so a mistyped id, or one
from another database, is unknown rather than somebody else's job. Numbers are never reused (R30).
"""

import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

_LETTERS: Final = "bcdfghjkmnpqrstvwxz"
"""No vowels, so no words; no digits, so the number's end is plain; no l."""

_CHECKS: Final = [first + second for first in _LETTERS for second in _LETTERS]
_SHAPE: Final = re.compile(rf"j([1-9][0-9]{{0,17}})([{_LETTERS}]{{2}})", re.ASCII)


def public_id(seq: int, database: str) -> str:
    """Return the public id of job number ``seq`` in the database with that UUID."""
    return numbering(database)(seq)


def numbering(database: str) -> Callable[[int], str]:
    """Return ``public_id`` for one database, with its key already absorbed."""
    keyed = blake2b(digest_size=4, key=database.encode())

    def name(seq: int) -> str:
        checksum = keyed.copy()
        checksum.update(b"%d" % seq)
        return f"j{seq}{_CHECKS[int.from_bytes(checksum.digest(), 'big') % len(_CHECKS)]}"

    return name


def number_of(job_id: str) -> int:
    """Return the number in an id that is known to be good."""
    return int(job_id[1:-2])


def parse(job_id: str, database: str) -> int | None:
    """Return the number behind a public id, or None if this database never gave out such an id."""
    match = _SHAPE.fullmatch(job_id)
    if match is None:
        return None
    seq = int(match[1])
    return seq if public_id(seq, database) == job_id else None
