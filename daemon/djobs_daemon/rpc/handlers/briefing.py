"""What is left where somebody begins to work, in the words of the MCP instructions."""

from functools import partial

from anyio import to_thread

from djobs_daemon.app import App
from djobs_daemon.mcp_server.greeting import count_left
from djobs_daemon.mcp_server.instructions import brief as sentence
from djobs_daemon.mcp_server.workspace import Workspace, chosen_workspace
from djobs_protocol.session_messages import BriefSession, SessionBrief


async def brief(app: App, request: BriefSession) -> SessionBrief:
    """Count what is unfinished and what failed in the project around a folder."""
    workspace = await to_thread.run_sync(_workspace, request)
    unfinished, since, failed = await app.store.read(partial(count_left, workspace.path))
    text = sentence(workspace.path, unfinished, since, failed) if unfinished or failed else ""
    return SessionBrief(workspace=workspace.path, unfinished=unfinished, failed=failed, text=text)


def _workspace(request: BriefSession) -> Workspace:
    """Return the workspace that an MCP session there would have; looks at folders."""
    told = (("DJOBS_WORKSPACE", request.workspace, True), ("project", request.project, False))
    return chosen_workspace(request.folder, told)
