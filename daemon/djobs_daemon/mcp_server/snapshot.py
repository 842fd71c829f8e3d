"""The SDK's own answers to the handshake, kept for the time when the SDK is not loaded.

``snapshot.json`` is written by ``python -m djobs_daemon.mcp_server.make_snapshot``, which asks a
real SDK server; a test asks it again and compares. Only what differs by workspace is filled in
here: the instructions, and the address of the workspace's resource.
"""

import hashlib
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.catalog import PROFILES

PLACEHOLDER: Final = "@FILLED IN@"
MODERN: Final = "2026-07-28"
FILE: Final = "snapshot.json"

_encode = msgspec.json.Encoder().encode


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Results by protocol version, as JSON values in the SDK's key order."""

    sdk: str
    """The version of the SDK that produced it."""
    latest_handshake: str
    initialize: dict[str, dict[str, Any]]
    discover: dict[str, Any]
    tools: dict[str, dict[str, Any]]
    resources: dict[str, dict[str, Any]]
    templates: dict[str, dict[str, Any]]
    ping: dict[str, Any]


class HandshakeAnswers:
    """Encoded results, ready to send."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.latest_handshake = snapshot.latest_handshake
        self._initialize = {v: _encode(result) for v, result in snapshot.initialize.items()}
        self._discover = _encode(snapshot.discover)
        self._tools = {v: _encode(result) for v, result in snapshot.tools.items()}
        self._resources = {v: _encode(result) for v, result in snapshot.resources.items()}
        self._templates = {v: _encode(result) for v, result in snapshot.templates.items()}
        self.ping = _encode(snapshot.ping)
        stamp = {"_meta": snapshot.discover["_meta"]}
        self._modern_stamp: dict[str, Any] = {"resultType": "complete", **stamp}
        self.tools_digest = hashlib.blake2b(self._tools[MODERN], digest_size=4).hexdigest()
        """Changes when ``tools/list`` does: a session that outlives an upgrade is told."""

    def negotiate(self, asked: str) -> str:
        """Return the handshake version to speak: the asked one if known, else the latest."""
        return asked if asked in self._initialize else self.latest_handshake

    def initialize(self, version: str, instructions: str) -> bytes:
        """Return the ``initialize`` result of a handshake version."""
        return _filled(self._initialize[version], instructions)

    def discover(self, instructions: str) -> bytes:
        """Return the ``server/discover`` result."""
        return _filled(self._discover, instructions)

    def tools(self, version: str) -> bytes:
        """Return the ``tools/list`` result of any version."""
        return self._tools[version]

    def resources(self, version: str, uri: str) -> bytes:
        """Return the ``resources/list`` result: the one address of this workspace."""
        return _filled(self._resources[version], uri)

    def templates(self, version: str) -> bytes:
        """Return the ``resources/templates/list`` result."""
        return self._templates[version]

    def input_required(self, name: str, method: str) -> bytes:
        """Return the ``tools/call`` result of the modern era that asks the client for more."""
        asked = {"inputRequests": {name: {"method": method}}}
        return _encode(asked | self._modern_stamp | {"resultType": "input_required"})

    def call(self, version: str, text: str, is_error: bool) -> bytes:
        """Return the ``tools/call`` result that carries ``text``."""
        result = {"content": [{"text": text, "type": "text"}], "isError": is_error}
        return _encode(result | self._modern_stamp if version == MODERN else result)


def _filled(encoded: bytes, text: str) -> bytes:
    return encoded.replace(_encode(PLACEHOLDER), _encode(text))


def load() -> dict[str, HandshakeAnswers]:
    """Read the packaged snapshot and return the answers of each profile."""
    content = Path(__file__).with_name(FILE).read_bytes()
    whole = msgspec.json.decode(content, type=Snapshot)
    return {profile: HandshakeAnswers(_only(whole, names)) for profile, names in PROFILES.items()}


def _only(whole: Snapshot, names: AbstractSet[str]) -> Snapshot:
    """Return the snapshot of a server that has these tools only."""
    tools = {
        version: {**result, "tools": [tool for tool in result["tools"] if tool["name"] in names]}
        for version, result in whole.tools.items()
    }
    return msgspec.structs.replace(whole, tools=tools)
