"""A session goes on in the next daemon, and whatever the SDK is up to."""

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import anyio
import pytest

from djobs_daemon.app import Requests
from djobs_daemon.mcp_server import forwarding, messages
from djobs_daemon.mcp_server.hello import LinkHello
from djobs_daemon.mcp_server.link import ClientLine
from djobs_daemon.mcp_server.session import McpSession
from djobs_daemon.mcp_server.workspace import Workspace
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.records import Actor, FeedPage
from djobs_protocol.endpoint import socket_path
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import SUBSCRIPTIONS_MAX
from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Editor

ENVELOPE: dict[str, Any] = {
    messages.VERSION_KEY: MODERN,
    messages.CAPABILITIES_KEY: {},
    messages.CLIENT_KEY: {"name": "editor", "version": "1"},
}
ALL_CHANGES = {"toolsListChanged": True, "promptsListChanged": True}
STRANGE = {"unknownMember": 1}
"""A member that takes a call away from the direct way, to the SDK."""


def request(number: int | str, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def health(number: int, **more: Any) -> dict[str, Any]:
    return request(number, "tools/call", name="health", arguments={}, _meta=ENVELOPE, **more)


class Sent(NamedTuple):
    """What a session did with a line."""

    how: str
    number: int
    message: Any = None


class ScriptedLink:
    """A link whose client says what the test says, and which notes what it is told."""

    def __init__(self, *lines: tuple[int, bool, dict[str, Any]]) -> None:
        self._lines = iter(lines)
        self.sent: list[Sent] = []

    async def receive(self) -> ClientLine:
        await anyio.lowlevel.checkpoint()
        for number, answered, message in self._lines:
            return ClientLine(number, answered, json.dumps(message).encode())
        raise anyio.EndOfStream

    def answer(self, number: int, message: bytes) -> None:
        self.sent.append(Sent("answer", number, json.loads(message)))

    def answer_keeping(self, number: int, message: bytes) -> None:
        self.sent.append(Sent("keep", number, json.loads(message)))

    def keep(self, number: int) -> None:
        self.sent.append(Sent("keep", number))

    def forget(self, number: int) -> None:
        self.sent.append(Sent("forget", number))

    async def wait_room(self) -> None:
        pass

    def push(self, message: bytes) -> None:
        self.sent.append(Sent("push", 0, json.loads(message)))


class RecordingSdk:
    """Stands in for the bridge: notes what the SDK would read."""

    def __init__(self) -> None:
        self.read: list[tuple[str, int | str, bool]] = []
        self.answers = True

    async def serve(self, served: McpSession, forwarded: Any) -> None:
        async for each in forwarded:
            message = json.loads(each.line.content)
            self.read.append((message["method"], message["id"], each.muted))
            if self.answers:
                served.unanswered.settle(message["id"])


async def store_that_reads(_work: object) -> tuple[int, None]:
    return 0, None


async def store_that_fails(_work: object) -> tuple[int, None]:
    raise DjobsError(ErrorCode.DB_CORRUPT, "jobs.db is damaged.")


async def take(link: ScriptedLink, resume: int = 1, read: Any = store_that_reads) -> None:
    """Let a session take all that the link's client says."""
    settled = anyio.Event()
    settled.set()
    app = SimpleNamespace(
        store=SimpleNamespace(read=read),
        stopping=anyio.Event(),
        requests=Requests(),
        work=Work(),
        problems={},
        mcp="ready",
        mcp_settled=settled,
        greeted=anyio.Event(),
    )
    hello = LinkHello(link=1, session="ab" * 16, next=1, resume=resume)
    actor = Actor("ab" * 16, "mcp", workspace="/repo/space")
    with anyio.fail_after(10):
        start = Workspace("/repo/space", sure=True)
        await McpSession(cast("Any", app), cast("Any", link), hello, actor, start).run()


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> RecordingSdk:
    recording = RecordingSdk()
    monkeypatch.setattr(forwarding, "bridge", lambda: recording)
    return recording


async def test_a_replayed_subscription_reaches_the_sdk_once(sdk: RecordingSdk) -> None:
    listen = request("listen:0", messages.LISTEN, notifications=ALL_CHANGES, _meta=ENVELOPE)

    await take(ScriptedLink((3, True, listen), (9, False, health(9, **STRANGE))))

    assert [each for each in sdk.read if each[1] in ("listen:0", 9)] == [
        (messages.LISTEN, "listen:0", True),
        ("tools/call", 9, False),
    ]


async def test_an_unanswered_modern_call_reaches_the_sdk_once_after_a_restart(
    sdk: RecordingSdk,
) -> None:
    await take(ScriptedLink((9, False, health(9, **STRANGE))))

    assert [each for each in sdk.read if each[1] == 9] == [("tools/call", 9, False)]


async def test_the_sdk_learns_the_era_of_a_session_whose_first_line_was_answered_without_it(
    sdk: RecordingSdk,
) -> None:
    tools = request(1, "tools/list", _meta=ENVELOPE)
    bare = request(2, "tools/list", cursor="2")

    await take(ScriptedLink((1, False, tools), (2, False, bare)))

    (opening, asked) = sdk.read
    assert (opening[0], opening[2]) == (messages.DISCOVER, True)
    assert asked == ("tools/list", 2, False)


@pytest.mark.parametrize("answered", [False, True])
async def test_a_replayed_subscription_is_told_at_once_of_what_may_have_been_missed(
    sdk: RecordingSdk, answered: bool
) -> None:
    async def read(_work: object) -> FeedPage:
        return FeedPage((), 5, 1, 5)

    uris = ["djobs://job/j1xx", "djobs://workflow/w", "other://x"]
    wanted = {"resourceSubscriptions": uris}
    listen = request(3, messages.LISTEN, notifications=wanted, _meta=ENVELOPE)
    link = ScriptedLink((3, answered, listen))

    await take(link, read=read)

    told = [each.message["params"]["uri"] for each in link.sent if each.how == "push"]
    assert told == (uris[:2] if answered else [])


async def test_subscriptions_of_one_session_are_bounded(sdk: RecordingSdk) -> None:
    lines = [
        (number, False, request(number, messages.LISTEN, notifications={}, _meta=ENVELOPE))
        for number in range(1, SUBSCRIPTIONS_MAX + 2)
    ]
    sdk.answers = False
    link = ScriptedLink(*lines)

    await take(link)

    (refusal,) = [each for each in link.sent if each.how == "answer"]
    assert refusal.number == SUBSCRIPTIONS_MAX + 1
    assert str(SUBSCRIPTIONS_MAX) in refusal.message["error"]["message"]


async def test_a_cancellation_of_nothing_sensible_is_no_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cancel = {"jsonrpc": "2.0", "method": messages.CANCELLED, "params": {"requestId": [1]}}
    link = ScriptedLink((1, False, cancel))

    await take(link)

    assert link.sent == [Sent("forget", 1)]
    assert caplog.records == []


async def test_a_damaged_database_is_named_in_the_instructions_of_a_session_that_opens() -> None:
    link = ScriptedLink((1, False, request(1, "server/discover", _meta=ENVELOPE)))

    await take(link, read=store_that_fails)

    (answer,) = link.sent
    assert "jobs.db is damaged" in answer.message["result"]["instructions"]


@contextmanager
def shim(home: DaemonHome, *retained: tuple[int, int]) -> Iterator[Any]:
    """Connect as a shim; yield what says lines and what reads one."""
    hello = {"link": 1, "session": secrets.token_hex(16), "resume": len(retained), "cwd": "/"}
    hello |= {"next": 1 + len(retained), "seqs": retained, "args": ["--workspace", "/w"]}
    with socket.socket(socket.AF_UNIX) as connected:
        connected.settimeout(10)
        connected.connect(socket_path(home.state))
        with connected.makefile("rb") as reader:

            def say(*said: dict[str, Any]) -> None:
                connected.sendall(b"".join(json.dumps(each).encode() + b"\n" for each in said))

            say(hello)
            assert reader.readline().startswith(b"~")
            yield say, reader.readline


def test_a_modern_call_that_a_dead_daemon_left_open_does_not_wait_for_the_sdk(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start(DJOBS_FP="mcp.load=hang")

    with shim(daemon_home, (1, 0)) as (say, read):
        say(health(7))

        answer = read()

    assert answer.startswith(b"=1 ")
    assert json.loads(answer[3:])["id"] == 7


def test_a_session_goes_on_beside_an_sdk_that_cannot_be_loaded(daemon_home: DaemonHome) -> None:
    daemon_home.start(DJOBS_FP="mcp.load=raise:EIO")

    with shim(daemon_home) as (say, read):
        say(request(1, "tools/list", _meta=ENVELOPE), health(2, **STRANGE))
        assert json.loads(read()[3:])["result"]["tools"]
        assert json.loads(read()[3:])["error"]["code"] == messages.INTERNAL_ERROR
        say(health(3), health(4, **STRANGE))
        answers = {json.loads(line[3:])["id"]: line for line in (read(), read())}

    assert b'"result"' in answers[3]
    assert b'"error"' in answers[4]


def test_an_opening_that_only_the_sdk_can_answer_is_said_again_to_the_next_daemon(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start()

    with Editor(daemon_home, "/w", LEGACY, {"roots": None}) as editor:
        editor.open()
        assert editor.call("health")["status"] == "ok"
        daemon_home.kill9()
        assert editor.call("health")["status"] == "ok"
        assert editor.call("enqueue_task", task_type="x")["id"]


async def test_a_session_that_no_daemon_ever_welcomed_hears_of_no_changed_tools() -> None:
    initialized = {"jsonrpc": "2.0", "method": messages.INITIALIZED}
    link = ScriptedLink((1, False, initialized))
    await take(link, resume=3)
    assert [sent.how for sent in link.sent] == ["keep"]
