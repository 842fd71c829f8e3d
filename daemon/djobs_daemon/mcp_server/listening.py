"""Acknowledge ``subscriptions/listen`` before the SDK is loaded.

Claude Code asks for the tools only once its subscription is acknowledged, so this is part of the
handshake although no answer carries it: left to the SDK, the first request to the model would go
out without tools whenever the daemon had just started.
"""

from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.messages import LISTEN, LISTENING, SUBSCRIPTION_KEY, Message

CHANGED_TOOLS: Final = {"toolsListChanged": True}

_encode = msgspec.json.Encoder().encode


def acknowledgement(message: Message) -> bytes | None:
    """Return what the SDK would acknowledge a request for news of the tools with.

    None when the message is none, or asks for anything else; that is left to the SDK. Only for a
    connection of the modern era.
    """
    wanted: Any = (message.params or {}).get("notifications")
    if message.method != LISTEN or message.id is None or wanted != CHANGED_TOOLS:
        return None
    params = {"_meta": {SUBSCRIPTION_KEY: message.id}, "notifications": CHANGED_TOOLS}
    return _encode({"jsonrpc": "2.0", "method": LISTENING, "params": params})
