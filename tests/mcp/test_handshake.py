"""The early answers are the SDK's own."""

from importlib.resources import files
from typing import Any

import msgspec
import pytest

from djobs_daemon.mcp_server import handshake, make_snapshot, messages, snapshot
from djobs_daemon.mcp_server.messages import Message

TEXT = 'Two tasks wait in "/home/u/naïve \\ project"; call resume_session.'
HANDSHAKE_VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
CLIENT = {"name": "test", "version": "1"}
CAPABILITIES: dict[str, Any] = {"roots": {"listChanged": True}, "elicitation": {"form": {}}}
ENVELOPE = {
    messages.VERSION_KEY: snapshot.MODERN,
    messages.CAPABILITIES_KEY: CAPABILITIES,
    messages.CLIENT_KEY: CLIENT,
}


def hello(version: str) -> dict[str, Any]:
    return {"protocolVersion": version, "capabilities": CAPABILITIES, "clientInfo": CLIENT}


ANSWERS = snapshot.load()["full"]


def early(requests: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    era = handshake.Era()
    found = []
    for number, (method, params) in enumerate(requests, 1):
        message = Message(method=method, id=number, params=params)
        handshake.decide(message, era)
        result = handshake.answer(message, era, ANSWERS, TEXT)
        assert result is not None, method
        found.append(msgspec.json.decode(result))
    return found


@pytest.mark.parametrize("version", [*HANDSHAKE_VERSIONS, "2023-01-01", "2099-12-31"])
async def test_the_legacy_handshake_is_answered_as_the_sdk_answers_it(version: str) -> None:
    lists: list[tuple[str, dict[str, Any]]] = [(method, {}) for method in make_snapshot.LISTS]
    requests = [("initialize", hello(version)), *lists, ("ping", {})]

    assert early(requests) == await make_snapshot.ask(requests, TEXT)


async def test_capabilities_that_are_null_are_none_as_they_are_for_the_sdk() -> None:
    requests = [("initialize", {**hello("2025-11-25"), "capabilities": {"roots": None}})]

    assert early(requests) == await make_snapshot.ask(requests, TEXT)


async def test_the_modern_handshake_is_answered_as_the_sdk_answers_it() -> None:
    methods = ("server/discover", *make_snapshot.LISTS)
    requests = [(method, {"_meta": ENVELOPE}) for method in methods]

    assert early(requests) == await make_snapshot.ask(requests, TEXT)


async def test_the_packaged_snapshot_is_what_the_installed_sdk_says() -> None:
    packaged = msgspec.json.decode(
        (files("djobs_daemon.mcp_server") / snapshot.FILE).read_bytes(), type=snapshot.Snapshot
    )

    taken = await make_snapshot.take()
    assert msgspec.structs.replace(taken, sdk=packaged.sdk) == packaged


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("initialize", {"protocolVersion": "2025-11-25"}),
        ("initialize", {"protocolVersion": 5, "capabilities": {}, "clientInfo": CLIENT}),
        ("initialize", {**hello("2025-11-25"), "_meta": ENVELOPE}),
        ("server/discover", {}),
        ("server/discover", {"_meta": {messages.VERSION_KEY: "2099-01-01"}}),
        ("server/discover", {"_meta": {messages.VERSION_KEY: snapshot.MODERN}}),
        ("tools/list", {}),
        ("prompts/list", {"_meta": ENVELOPE}),
    ],
)
def test_an_unusual_request_is_left_to_the_sdk(method: str, params: dict[str, Any]) -> None:
    message, era = Message(method=method, id=1, params=params), handshake.Era()
    handshake.decide(message, era)

    assert handshake.answer(message, era, ANSWERS, TEXT) is None


def test_a_request_of_the_other_era_is_left_to_the_sdk() -> None:
    era = handshake.Era()
    early_hello = Message(method="initialize", id=1, params=hello("2025-11-25"))
    assert handshake.answer(early_hello, era, ANSWERS, TEXT) is not None

    modern = Message(method="tools/list", id=2, params={"_meta": ENVELOPE})
    assert handshake.answer(modern, era, ANSWERS, TEXT) is None


@pytest.mark.parametrize("method", make_snapshot.LISTS)
def test_a_later_page_of_a_list_is_left_to_the_sdk(method: str) -> None:
    message = Message(method=method, id=1, params={"_meta": ENVELOPE, "cursor": "2"})
    era = handshake.Era()
    assert handshake.decide(message, era)

    assert handshake.answer(message, era, ANSWERS, TEXT) is None
