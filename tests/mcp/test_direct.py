"""Ordinary tool calls are answered without the SDK, and exactly as the SDK answers them."""

import secrets
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from djobs_daemon.app import App
from djobs_daemon.mcp_server import direct, messages
from djobs_daemon.mcp_server.direct import OrdinaryCall, ordinary
from djobs_daemon.mcp_server.handshake import Era
from djobs_daemon.mcp_server.hello import LinkHello
from djobs_daemon.mcp_server.link import ClientLine
from djobs_daemon.mcp_server.messages import Message
from djobs_daemon.mcp_server.roots import Roots
from djobs_daemon.mcp_server.snapshot import MODERN
from djobs_daemon.mcp_server.unanswered import Unanswered
from djobs_daemon.mcp_server.workspace import Workspace
from djobs_daemon.rpc.dispatch import dispatch
from djobs_daemon.store.records import Actor
from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, Editor

STRANGE = {"unknownMember": 1}
"""A member no schema knows and the SDK passes over: it takes a call away from the direct way."""
ENVELOPE: dict[str, Any] = {
    messages.VERSION_KEY: MODERN,
    messages.CAPABILITIES_KEY: {"elicitation": {}},
    messages.CLIENT_KEY: {"name": "editor", "version": "1"},
}


@pytest.fixture(scope="module")
def daemon() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        home.start()
        home.wait_sdk()
        yield home


def era(version: str | None) -> Era:
    decided = Era()
    decided.version = version
    return decided


def call(version: str | None, params: Any) -> OrdinaryCall | None:
    return ordinary(Message(method="tools/call", id=1, params=params), era(version))


@pytest.mark.parametrize("version", [LEGACY, MODERN])
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("health", {}),
        ("health", None),
        ("resume_session", {"correlation_id": 'a "quoted" \\ <naïve> \u2028 group'}),
        ("enqueue_task", {"task_type": 5}),
        ("check_task", {"task_id": "j1zz"}),
        ("no_such_tool", {"é": "ü"}),
    ],
)
def test_a_direct_answer_is_the_answer_of_the_sdk(
    daemon: DaemonHome, version: str, tool: str, arguments: dict[str, Any] | None
) -> None:
    params = {"name": tool, "arguments": arguments}
    with Editor(daemon, f"/repo/{secrets.token_hex(4)}", version) as editor:
        editor.open()

        direct = editor.answer(editor.ask("tools/call", params))
        through_sdk = editor.answer(editor.ask("tools/call", {**params, **STRANGE}))

    assert direct["result"] == through_sdk["result"]


def test_an_ordinary_call_is_taken_in_both_eras() -> None:
    params = {"name": "health", "arguments": {"a": 1}}

    assert call(LEGACY, params) == OrdinaryCall("health", {"a": 1})
    assert call(LEGACY, {"name": "health", "_meta": {"progressToken": 7}}) is not None
    assert call(MODERN, {**params, "_meta": ENVELOPE}) is not None


@pytest.mark.parametrize(
    ("version", "params"),
    [
        (None, {"name": "health"}),
        (LEGACY, None),
        (LEGACY, {"name": 5}),
        (LEGACY, {"arguments": {}}),
        (LEGACY, {"name": "health", "task": {"ttl": 1000}}),
        (LEGACY, {"name": "health", "_meta": {"progressToken": 1.5}}),
        (LEGACY, {"name": "health", "_meta": {"progressToken": True}}),
        (LEGACY, {"name": "health", "_meta": ENVELOPE}),
        (MODERN, {"name": "health"}),
        (MODERN, {"name": "health", "_meta": {**ENVELOPE, messages.VERSION_KEY: "2099-01-01"}}),
        (MODERN, {"name": "health", "_meta": {**ENVELOPE, messages.CAPABILITIES_KEY: 1}}),
        (MODERN, {"name": "health", "_meta": {**ENVELOPE, messages.CLIENT_KEY: {}}}),
        (MODERN, {"name": "health", "_meta": ENVELOPE, "inputResponses": {}}),
    ],
)
def test_what_is_not_certain_is_left_to_the_sdk(version: str | None, params: Any) -> None:
    assert call(version, params) is None


@pytest.mark.parametrize("version", [LEGACY, MODERN])
@pytest.mark.parametrize(("wrong", "kind"), [([], "an array"), ("{}", "a string"), (5, "a number")])
def test_arguments_that_are_no_object_are_explained_to_the_model(
    daemon: DaemonHome, version: str, wrong: Any, kind: str
) -> None:
    with Editor(daemon, "/repo/space", version) as editor:
        editor.open()

        is_error, said = editor.outcome(
            editor.ask("tools/call", {"name": "health", "arguments": wrong})
        )

    assert is_error
    assert f"arguments is {kind}; expected an object" in said["message"]


def test_a_cancelled_call_is_never_answered_and_the_session_goes_on(daemon: DaemonHome) -> None:
    with Editor(daemon, f"/repo/{secrets.token_hex(4)}") as editor:
        editor.open()
        request = editor.message("tools/call", {"name": "resume_session", "arguments": {}})
        editor.say(request, editor.cancel(request))

        assert editor.call("health")["status"] == "ok"

    assert editor.strays == []


class SlowSession:
    """As much of a session as a direct call needs; its store answers only when it is told to."""

    def __init__(self) -> None:
        self.reading, self.go_on = anyio.Event(), anyio.Event()
        self.answered: list[int] = []
        self.roots = Roots(
            print, LinkHello(link=1, session="0" * 32, next=1), Workspace("/w", True)
        )
        self.unanswered = Unanswered()
        self.actor = Actor("session", "mcp", workspace="/repo/slow")
        store = SimpleNamespace(read=self._read)
        self.app = App(cast("Any", None), cast("Any", None), cast("Any", store))
        self.app.act = partial(dispatch, self.app)

    async def _read(self, _work: object) -> tuple[dict[str, int], int, list[object]]:
        self.reading.set()
        await self.go_on.wait()
        return {}, 0, []  # what ``health`` reads

    def answer_call(self, number: int, _request_id: int, _answer: object) -> None:
        self.answered.append(number)


async def run_slow_call(session: SlowSession, *, cancelled: bool) -> None:
    line, scope = ClientLine(7, False, b"{}"), anyio.CancelScope()
    health = OrdinaryCall("health", {})
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(direct.run, cast("Any", session), line, 1, health, scope)
            await session.reading.wait()
            if cancelled:
                scope.cancel()
            session.go_on.set()


async def test_a_call_cancelled_while_it_runs_is_not_answered() -> None:
    session = SlowSession()

    await run_slow_call(session, cancelled=True)

    assert session.answered == []


async def test_a_call_not_cancelled_is_answered_once() -> None:
    session = SlowSession()

    await run_slow_call(session, cancelled=False)

    assert session.answered == [7]
