"""Acknowledge ``subscriptions/listen`` before the SDK is loaded.

Claude Code asks for the tools only once its subscription is acknowledged, so this is part of the
handshake although no answer carries it: left to the SDK, the first request to the model would go
out without tools whenever the daemon had just started.
"""

from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.messages import LISTEN, LISTENING, SUBSCRIPTION_KEY, Message

CHANGES: Final = ("toolsListChanged", "promptsListChanged", "resourcesListChanged")
RESOURCES: Final = "resourceSubscriptions"

_encode = msgspec.json.Encoder().encode


def acknowledgement(message: Message) -> bytes | None:
    """Return what the SDK would acknowledge a subscription with.

    None when the message is none, or asks for anything unusual; that is left to the SDK. Only for a
    connection of the modern era.
    """
    wanted: Any = (message.params or {}).get("notifications")
    if message.method != LISTEN or message.id is None or not _is_usual(wanted):
        return None
    honoured = {name: wanted[name] for name in (*CHANGES, RESOURCES) if wanted.get(name)}
    params = {"_meta": {SUBSCRIPTION_KEY: message.id}, "notifications": honoured}
    return _encode({"jsonrpc": "2.0", "method": LISTENING, "params": params})


def _is_usual(wanted: Any) -> bool:
    if not isinstance(wanted, dict) or wanted.keys() - {*CHANGES, RESOURCES}:
        return False
    named = wanted.get(RESOURCES, [])
    return (
        all(isinstance(wanted[name], bool) for name in CHANGES if name in wanted)
        and isinstance(named, list)
        and all(isinstance(uri, str) for uri in named)
    )
