"""What the daemon acknowledges by itself is what the SDK would have acknowledged."""

import json
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.server.lowlevel import Server
from mcp.server.runner import serve_dual_era_loop
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.message import SessionMessage

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.listening import acknowledgement

META = {
    messages.VERSION_KEY: "2026-07-28",
    messages.CAPABILITIES_KEY: {},
    messages.CLIENT_KEY: {"name": "test", "version": "1"},
}


def listen_request(request_id: int | str, notifications: dict[str, Any]) -> bytes:
    params = {"_meta": META, "notifications": notifications}
    request = {"jsonrpc": "2.0", "id": request_id, "method": "subscriptions/listen"}
    return json.dumps({**request, "params": params}).encode()


def ours(line: bytes) -> bytes | None:
    message = messages.decode(line)
    assert message is not None
    return acknowledgement(message)


async def first_word_of_the_sdk(line: bytes) -> bytes:
    """Return the first thing an SDK server sends after this line, encoded as the daemon does."""
    server: Server[None] = Server(
        "s", on_subscriptions_listen=ListenHandler(InMemorySubscriptionBus())
    )
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](1)
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage](1)

    async def serve() -> None:
        await serve_dual_era_loop(
            server,
            from_client,
            to_client,
            lifespan_state=None,
            init_options=server.create_initialization_options(),
        )

    async with from_server, to_server, anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        request = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        await to_server.send(SessionMessage(request))
        with anyio.fail_after(10):
            said = await from_server.receive()
        tasks.cancel_scope.cancel()
    return said.message.model_dump_json(by_alias=True, exclude_unset=True).encode()


@pytest.mark.parametrize("request_id", ["listen:0", 7])
@pytest.mark.parametrize(
    "notifications",
    [
        {},
        {"toolsListChanged": True},
        {"toolsListChanged": False},
        {"toolsListChanged": True, "promptsListChanged": True},
        {"resourceSubscriptions": ["a:b"]},
    ],
)
async def test_the_acknowledgement_is_the_one_the_sdk_sends(
    request_id: int | str, notifications: dict[str, Any]
) -> None:
    line = listen_request(request_id, notifications)
    acknowledged = ours(line)
    assert acknowledged is not None
    assert json.loads(acknowledged) == json.loads(await first_word_of_the_sdk(line))


@pytest.mark.parametrize(
    "notifications",
    [
        {"toolsListChanged": "yes"},
        {"toolsListChanged": True, "anythingElse": True},
        {"resourceSubscriptions": "a:b"},
    ],
)
def test_anything_else_is_left_to_the_sdk(notifications: dict[str, Any]) -> None:
    assert ours(listen_request(1, notifications)) is None
