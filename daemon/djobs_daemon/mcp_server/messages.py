"""As much of an MCP message as is needed before, and around, the SDK.

The SDK's own models cost a second and more to import; the handshake must be answered sooner. Only
what decides who answers is looked at here.
"""

from typing import Any, Final

import msgspec

INITIALIZE: Final = "initialize"
INITIALIZED: Final = "notifications/initialized"
CANCELLED: Final = "notifications/cancelled"
DISCOVER: Final = "server/discover"
LIST_TOOLS: Final = "tools/list"
LIST_RESOURCES: Final = "resources/list"
LIST_TEMPLATES: Final = "resources/templates/list"
CALL_TOOL: Final = "tools/call"
PING: Final = "ping"
LISTEN: Final = "subscriptions/listen"
TOOLS_CHANGED: Final = "notifications/tools/list_changed"
RESOURCE_UPDATED: Final = "notifications/resources/updated"
LISTENING: Final = "notifications/subscriptions/acknowledged"

VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY: Final = "io.modelcontextprotocol/clientCapabilities"
CLIENT_KEY: Final = "io.modelcontextprotocol/clientInfo"
SUBSCRIPTION_KEY: Final = "io.modelcontextprotocol/subscriptionId"

OPENING_ID: Final = "djobs-opening"
"""Of a request that no client sent; its answer reaches none."""

CLIENT_CHARS_MAX: Final = 100

INVALID_REQUEST: Final = -32600
INTERNAL_ERROR: Final = -32603


class Message(msgspec.Struct, frozen=True):
    """Any JSON-RPC message, loosely."""

    method: str | None = None
    id: int | str | None = None
    params: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(Message).decode
_encode = msgspec.json.Encoder().encode


def decode(line: bytes) -> Message | None:
    """Return the message, or None when the line is not one."""
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def why_unreadable(line: bytes) -> str:
    """Return what is wrong with a line that ``decode`` does not take."""
    try:
        _decode(line)
    except RecursionError:
        return "it nests too deeply."
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        return f"{problem}."
    return "it is no request."


def is_modern(message: Message) -> bool:
    """Say whether a request carries the 2026-07-28 envelope, which decides a connection's era."""
    meta = (message.params or {}).get("_meta")
    return isinstance(meta, dict) and isinstance(meta.get(VERSION_KEY), str)


def discover(message: Message) -> bytes:
    """Return a ``server/discover`` under the envelope of another request: what opens its era."""
    envelope = (message.params or {}).get("_meta")
    params = {"_meta": envelope}
    return _encode({"jsonrpc": "2.0", "id": OPENING_ID, "method": DISCOVER, "params": params})


def client_of(message: Message) -> str:
    """Return the name and version of the program that sends a request, as far as it says."""
    params = message.params or {}
    meta = params.get("_meta")
    info = params.get("clientInfo") or (meta.get(CLIENT_KEY) if isinstance(meta, dict) else None)
    if not isinstance(info, dict):
        return ""
    return f"{info.get('name', '')} {info.get('version', '')}".strip()[:CLIENT_CHARS_MAX]


def wants_tools_changed(message: Message) -> bool:
    """Say whether a ``subscriptions/listen`` asks to hear of changed tools."""
    asked = (message.params or {}).get("notifications")
    wanted = isinstance(asked, dict) and bool(asked.get("toolsListChanged"))
    return wanted and message.method == LISTEN


def request(request_id: str, method: str) -> bytes:
    """Return a request to the client."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "method": method})


def result(request_id: int | str, encoded: bytes) -> bytes:
    """Return a response around an encoded result."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (_encode(request_id), encoded)


def error(request_id: int | str | None, code: int, text: str) -> bytes:
    """Return an error response."""
    body = {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": text}}
    return _encode(body)


def tools_changed(subscription: int | str | None = None) -> bytes:
    """Return the notice that ``tools/list`` has a new answer; on a subscription if modern."""
    notice: dict[str, Any] = {"jsonrpc": "2.0", "method": TOOLS_CHANGED}
    if subscription is not None:
        notice["params"] = {"_meta": {SUBSCRIPTION_KEY: subscription}}
    return _encode(notice)


def resource_updated(uri: str, subscription: int | str | None = None) -> bytes:
    """Return the notice that a resource has changed; on a subscription if modern."""
    params: dict[str, Any] = {"uri": uri}
    if subscription is not None:
        params = {"_meta": {SUBSCRIPTION_KEY: subscription}} | params
    return _encode({"jsonrpc": "2.0", "method": RESOURCE_UPDATED, "params": params})


def tool_error(request_id: int | str, text: str) -> bytes:
    """Return a ``CallToolResult`` that says what went wrong, valid in both eras."""
    body = {"content": [{"type": "text", "text": text}], "isError": True, "resultType": "complete"}
    return result(request_id, _encode(body))


def encode(value: Any) -> bytes:
    """Return ``value`` as compact JSON."""
    return _encode(value)
