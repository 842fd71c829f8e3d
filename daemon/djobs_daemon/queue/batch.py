"""What is said of one job of many names it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from djobs_daemon.queue.enqueue import draft
from djobs_daemon.store.interface import JobDraft
from djobs_protocol.errors import DjobsError
from djobs_protocol.limits import PAYLOAD_BYTES_MAX
from djobs_protocol.values import NewJob


def drafts_of(jobs: Sequence[NewJob], correlation_id: str, workspace: str) -> list[JobDraft]:
    """Return the draft of each job; an error says which job of several it is about."""
    drafts = []
    for position, job in enumerate(jobs):
        with _naming(position, len(jobs)):
            drafts.append(draft(job, correlation_id, workspace, PAYLOAD_BYTES_MAX))
    return drafts


@contextmanager
def _naming(position: int, total: int) -> Iterator[None]:
    try:
        yield
    except DjobsError as error:
        if total == 1:
            raise
        raise DjobsError(error.code, f"tasks[{position}]: {error.message}", **error.data) from None
