"""From a shim's first line to its session, and what is left when it ends."""

from contextlib import suppress

import anyio
import msgspec

from djobs_daemon.app import App
from djobs_daemon.holders import identified, session_ended
from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.hello import LinkHello, decode_hello, stated_agent
from djobs_daemon.mcp_server.link import Link
from djobs_daemon.mcp_server.session import McpSession
from djobs_daemon.mcp_server.workspace import workspace_of
from djobs_daemon.nesting import depth_of_shim
from djobs_daemon.rpc.lines import LineStream
from djobs_daemon.store.records import Actor
from djobs_protocol.daemon_replies import ConnectionInfo
from djobs_protocol.errors import DjobsError
from djobs_protocol.version import LINK_VERSION, VERSION


class _Refused(Exception):
    """No shim that says this can be served; the text is for its stderr."""


async def serve_link(app: App, lines: LineStream, number: int, pid: int, first: bytes) -> None:
    """Serve one shim, from its hello on."""
    try:
        hello = _understood(first)
    except _Refused as refusal:
        await lines.send(f"!{refusal}\n".encode())
        return
    await _serve(app, lines, number, pid, hello)


def _understood(first: bytes) -> LinkHello:
    try:
        hello = decode_hello(first)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _Refused(f"the hello is malformed: {error}") from None
    if hello.link > LINK_VERSION:
        raise _Refused(
            f"this daemon (build {VERSION}) speaks link {LINK_VERSION}, the shim (build "
            f"{hello.build}) speaks {hello.link}; run `djobsctl restart`"
        )
    return hello


async def _serve(app: App, lines: LineStream, number: int, pid: int, hello: LinkHello) -> None:
    app.mcp_wanted.set()
    workspace = await anyio.to_thread.run_sync(workspace_of, hello)
    actor = identified(
        Actor(
            session=hello.session,
            kind="mcp",
            agent=stated_agent(hello),
            workspace=workspace.path,
            pid=pid,
            depth=depth_of_shim(app, pid, hello.env),
        )
    )
    app.connections.introduce(
        number,
        ConnectionInfo(kind="mcp", session=actor.session, pid=pid, workspace=workspace.path),
    )
    link = Link(lines, hello)
    session = McpSession(app, link, hello, actor, workspace)
    link.welcome(
        messages.encode(
            {"instance": app.instance.id, "build": VERSION, "tools": session.answers.tools_digest}
        )
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(link.send_queued)
        await session.run()
        link.close_when_sent()
    app.connections.introduced_left(number)
    await session_ended(app, actor)
    with suppress(DjobsError):  # a store that cannot write now prunes them after a day
        await app.store.forget_session(actor.session)
