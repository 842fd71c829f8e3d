"""What is said of one job of many names it."""

from collections.abc import Sequence

from msgspec.structs import replace

from djobs_daemon.queue.enqueue import draft
from djobs_daemon.queue.job_environment import depth_below
from djobs_daemon.store.records import JobDraft
from djobs_protocol.errors import DjobsError
from djobs_protocol.limits import PAYLOAD_BYTES_MAX
from djobs_protocol.values import NewJob


def drafts_of(
    jobs: Sequence[NewJob],
    correlation_id: str,
    workspace: str,
    inside: int = 0,
    sandbox: str | None = None,
) -> list[JobDraft]:
    """Return the draft of each job; an error says which job of several it is about.

    ``inside`` is the depth of the job they are submitted out of, 0 where there is none; ``sandbox``
    what confines it, as it is stored.
    """
    depth = depth_below(inside)
    drafts: list[JobDraft] = []
    try:
        for job in jobs:
            made = draft(job, correlation_id, workspace, PAYLOAD_BYTES_MAX, depth)
            drafts.append(made if sandbox is None else replace(made, sandbox=sandbox))
    except DjobsError as error:
        if len(jobs) == 1:
            raise
        named = f"tasks[{len(drafts)}]: {error.message}"
        raise DjobsError(error.code, named, **error.data) from None
    return drafts
