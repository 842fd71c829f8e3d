"""Whether somebody who asks again what is unfinished would learn anything new. Pure."""

from hashlib import blake2b
from typing import Final

import msgspec

from djobs_protocol.reading_replies import ResumePage

HASH_BYTES: Final = 4
"""Enough to tell a page from the one before it, and cheap for a model to repeat."""


def hash_of(page: ResumePage) -> str:
    """Return what a page says, in eight characters: the jobs, their revisions, what they wait for.

    Leases are left out: they are renewed all the time, and say nothing of the work.
    """
    jobs = [(job.id, job.revision, job.blocked_by, job.blocked_for_good_by) for job in page.jobs]
    totals = (page.unfinished, page.counts, page.blocked, page.failed, page.next_cursor)
    said = msgspec.json.encode((page.correlation_id, totals, jobs))
    return blake2b(said, digest_size=HASH_BYTES).hexdigest()


def unless_known(page: ResumePage, known: str | None) -> ResumePage:
    """Return the page with its hash, or only that it is still what the caller knows."""
    now = hash_of(page)
    if now != known:
        return msgspec.structs.replace(page, hash=now)
    return ResumePage(
        correlation_id=page.correlation_id, unfinished=page.unfinished, hash=now, unchanged=True
    )
