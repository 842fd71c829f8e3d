"""Answer ``initialize``, ``server/discover``, ``ping`` and the lists without the SDK.

Only requests whose answer is certain are taken; anything unusual (another version, malformed
params, a request of the other era) is left to the SDK, so there is one authority on what is wrong.
"""

from typing import Any

import msgspec

from djobs_daemon.mcp_server.messages import (
    CAPABILITIES_KEY,
    DISCOVER,
    INITIALIZE,
    LIST_RESOURCES,
    LIST_TEMPLATES,
    LIST_TOOLS,
    PING,
    VERSION_KEY,
    Message,
    is_modern,
)
from djobs_daemon.mcp_server.snapshot import MODERN, HandshakeAnswers


class ClientIdentity(msgspec.Struct):
    """The required half of ``Implementation``."""

    name: str
    version: str


class _InitializeParams(msgspec.Struct):
    """The required half of ``InitializeRequestParams``."""

    protocolVersion: str  # noqa: N815 - the wire's spelling
    capabilities: dict[str, dict[str, Any] | None]
    clientInfo: ClientIdentity  # noqa: N815 - the wire's spelling


class Era:
    """Which protocol a connection speaks, once its first request has decided."""

    def __init__(self) -> None:
        self.version: str | None = None
        """The negotiated handshake version, ``MODERN``, or None before the first request."""

    @property
    def modern(self) -> bool:
        """Whether every request carries its own envelope."""
        return self.version == MODERN


def answer(message: Message, era: Era, answers: HandshakeAnswers, text: str) -> bytes | None:
    """Return the encoded result of a handshake request, after ``decide``.

    ``text`` are the instructions, or the address of this workspace's resource.
    ``initialize`` decides the era here, as its answer names it. None leaves the request to the SDK.
    """
    if is_modern(message):
        return _modern(message, era, answers, text)
    if era.modern:
        return None
    match message.method:
        case "initialize":
            return _initialize(message, era, answers, text)
        case "ping":
            return answers.ping
        case _ if era.version is not None:
            return _list(message, era.version, answers, text)
        case _:
            return None


def _list(message: Message, version: str, answers: HandshakeAnswers, text: str) -> bytes | None:
    if not _first_page(message):
        return None
    match message.method:
        case "tools/list":
            return answers.tools(version)
        case "resources/list":
            return answers.resources(version, text)
        case "resources/templates/list":
            return answers.templates(version)
        case _:
            return None


def _initialize(
    message: Message, era: Era, answers: HandshakeAnswers, instructions: str
) -> bytes | None:
    try:
        params = msgspec.convert(message.params, _InitializeParams)
    except msgspec.ValidationError:
        return None
    era.version = answers.negotiate(params.protocolVersion)
    return answers.initialize(era.version, instructions)


def decide(message: Message, era: Era) -> bool:
    """Let any good request of the modern era decide a connection, as it does for the SDK.

    Its ``server/discover`` was answered, perhaps by an earlier daemon, and is not heard again.
    Returns whether this message decided.
    """
    if era.version is not None or message.method == INITIALIZE or not _is_well_enveloped(message):
        return False
    era.version = MODERN
    return True


def _is_well_enveloped(message: Message) -> bool:
    meta = (message.params or {}).get("_meta")
    return (
        isinstance(meta, dict)
        and meta.get(VERSION_KEY) == MODERN
        and isinstance(meta.get(CAPABILITIES_KEY), dict)
    )


def _modern(message: Message, era: Era, answers: HandshakeAnswers, text: str) -> bytes | None:
    if not era.modern or not _is_well_enveloped(message):
        return None
    if message.method == DISCOVER:
        return answers.discover(text)
    return _list(message, MODERN, answers, text)


def _first_page(message: Message) -> bool:
    return (message.params or {}).get("cursor") is None


HANDSHAKE_METHODS = frozenset(
    {INITIALIZE, DISCOVER, LIST_TOOLS, LIST_RESOURCES, LIST_TEMPLATES, PING}
)
