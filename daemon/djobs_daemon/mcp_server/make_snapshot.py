"""Ask a real SDK server for its handshake answers and keep them.

``python -m djobs_daemon.mcp_server.make_snapshot`` writes ``snapshot.json`` beside this file. Run
it after changing a tool or upgrading the SDK.
"""

import importlib.metadata
from pathlib import Path
from typing import Any, cast

import anyio
import mcp_types as types
import msgspec
from mcp.server.runner import serve_dual_era_loop
from mcp.shared.memory import create_client_server_memory_streams
from mcp.shared.message import SessionMessage
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, LATEST_HANDSHAKE_VERSION

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.server import initialization_options, server
from djobs_daemon.mcp_server.serving import Serving
from djobs_daemon.mcp_server.snapshot import FILE, MODERN, PLACEHOLDER, Snapshot

ENVELOPE = {messages.VERSION_KEY: MODERN, messages.CAPABILITIES_KEY: {}}
CLIENT = {"name": "snapshot", "version": "1"}
ANSWER_SECONDS = 10.0


class _Placeholder:
    """Stands in for a session: only what the snapshot leaves open is asked for."""

    def __init__(self, profile: str, text: str) -> None:
        self.profile = profile
        self._text = text

    async def instructions(self) -> str:
        return self._text

    here = instructions


async def ask(
    requests: list[tuple[str, dict[str, Any]]], text: str = PLACEHOLDER, profile: str = "full"
) -> list[Any]:
    """Return the SDK server's results to requests on one fresh connection."""
    results: list[Any] = []
    async with (
        create_client_server_memory_streams() as ((reads, writes), (server_reads, server_writes)),
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(_serve, server_reads, server_writes, text, profile)
        with anyio.fail_after(ANSWER_SECONDS):
            for number, (method, params) in enumerate(requests, 1):
                request = types.JSONRPCRequest(
                    jsonrpc="2.0", id=number, method=method, params=params
                )
                await writes.send(SessionMessage(request))
                answer = cast("SessionMessage", await reads.receive()).message
                assert isinstance(answer, types.JSONRPCResponse), answer
                results.append(msgspec.json.decode(answer.model_dump_json(by_alias=True))["result"])
        tasks.cancel_scope.cancel()
    return results


async def _serve(reads: Any, writes: Any, text: str, profile: str) -> None:
    session = _Placeholder(profile, text)
    await serve_dual_era_loop(
        server,
        reads,
        writes,
        lifespan_state=Serving(cast("Any", session)),
        init_options=initialization_options(text),
    )


LISTS = ("tools/list", "resources/list", "resources/templates/list")


async def take() -> Snapshot:
    """Return the answers of the installed SDK."""
    initialize: dict[str, dict[str, Any]] = {}
    lists: dict[str, dict[str, dict[str, Any]]] = {method: {} for method in LISTS}
    ping: dict[str, Any] = {}
    for version in HANDSHAKE_PROTOCOL_VERSIONS:
        hello = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
        initialize[version], ping, *listed = await ask(
            [("initialize", hello), ("ping", {}), *((method, {}) for method in LISTS)]
        )
        for method, result in zip(LISTS, listed, strict=True):
            lists[method][version] = result
    methods = ("server/discover", *LISTS)
    discover, *listed = await ask([(method, {"_meta": ENVELOPE}) for method in methods])
    for method, result in zip(LISTS, listed, strict=True):
        lists[method][MODERN] = result
    return Snapshot(
        sdk=importlib.metadata.version("mcp"),
        latest_handshake=LATEST_HANDSHAKE_VERSION,
        initialize=initialize,
        discover=discover,
        tools=lists["tools/list"],
        resources=lists["resources/list"],
        templates=lists["resources/templates/list"],
        ping=ping,
    )


def main() -> None:
    """Write the snapshot file."""
    content = msgspec.json.format(msgspec.json.encode(anyio.run(take)), indent=1)
    (Path(__file__).parent / FILE).write_bytes(content + b"\n")


if __name__ == "__main__":
    main()
