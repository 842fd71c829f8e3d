"""The instructions of a session as of now: it opens whatever befell the store."""

from functools import partial
from typing import Final

import anyio

from djobs_daemon.app import App
from djobs_daemon.mcp_server.instructions import instructions, uncounted, undecided
from djobs_daemon.mcp_server.roots import Roots
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import JobFilter
from djobs_protocol.errors import DjobsError
from djobs_protocol.states import JobState

COUNTING_SECONDS_MAX: Final = 1.0
"""For counting what is unfinished; clients give up on the handshake after about three."""


async def greeting(app: App, roots: Roots) -> str:
    """Return what a model reads first in a session that works where ``roots`` says."""
    workspace = roots.workspace
    if roots.undecided:
        return undecided(workspace)
    try:
        with anyio.fail_after(COUNTING_SECONDS_MAX):
            open_and_failed = await app.store.read(partial(count_left, workspace.path))
    except DjobsError as error:
        return uncounted(workspace, f"{error.message} {error.hint}")
    except TimeoutError:
        return uncounted(workspace, "It takes long to count them; call resume_session.")
    return instructions(workspace, *open_and_failed)


def count_left(workflow: str, view: View) -> tuple[int, int | None, int]:
    """Return how many jobs are unfinished, since when, and how many failed."""
    unfinished, since = view.unfinished_since(workflow)
    states = (JobState.FAILED, JobState.DEAD_LETTERED)
    failed = view.count_jobs(JobFilter(workflow, states))
    return unfinished, since, sum(failed.values())
