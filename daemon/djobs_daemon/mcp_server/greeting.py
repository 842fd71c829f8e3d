"""The instructions of a session as of now: it opens whatever befell the store."""

from typing import Final

import anyio

from djobs_daemon.app import App
from djobs_daemon.mcp_server.instructions import instructions, uncounted, undecided
from djobs_daemon.mcp_server.roots import Roots
from djobs_protocol.errors import DjobsError

COUNTING_SECONDS_MAX: Final = 1.0
"""For counting what is unfinished; clients give up on the handshake after about three."""


async def greeting(app: App, roots: Roots) -> str:
    """Return what a model reads first in a session that works where ``roots`` says."""
    workspace = roots.workspace
    if roots.undecided:
        return undecided(workspace)
    try:
        with anyio.fail_after(COUNTING_SECONDS_MAX):
            unfinished, since = await app.store.read(
                lambda view: view.unfinished_since(workspace.path)
            )
    except DjobsError as error:
        return uncounted(workspace, f"{error.message} {error.hint}")
    except TimeoutError:
        return uncounted(workspace, "It takes long to count them; call resume_session.")
    return instructions(workspace, unfinished, since)
