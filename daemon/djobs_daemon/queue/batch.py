"""What is said of one job of many names it."""

from collections.abc import Sequence

from djobs_daemon.queue.enqueue import draft
from djobs_daemon.store.records import JobDraft
from djobs_protocol.errors import DjobsError
from djobs_protocol.limits import PAYLOAD_BYTES_MAX
from djobs_protocol.values import NewJob


def drafts_of(jobs: Sequence[NewJob], correlation_id: str, workspace: str) -> list[JobDraft]:
    """Return the draft of each job; an error says which job of several it is about."""
    drafts: list[JobDraft] = []
    try:
        for job in jobs:
            made = draft(job, correlation_id, workspace, PAYLOAD_BYTES_MAX)
            drafts.append(made)
    except DjobsError as error:
        if len(jobs) == 1:
            raise
        named = f"tasks[{len(drafts)}]: {error.message}"
        raise DjobsError(error.code, named, **error.data) from None
    return drafts
