"""A line that no daemon survives is refused in the end, and it alone; all else is answered."""

import json

import pytest

from djobs_daemon.mcp_server import deadly
from djobs_daemon.mcp_server.deadly import ALONE_DEATHS, REFUSED_DEATHS, Suspects
from djobs_daemon.mcp_server.hello import LinkHello
from djobs_protocol.framing import Oversize
from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Editor
from tests.harness.length import all_but_slow

DEADLY = "store.commit=kill9"
"""Every write ends the daemon before it is on disk."""
DEATHS_MAX = 2 * ALONE_DEATHS + REFUSED_DEATHS
"""Until the innocent one before it is answered, until it is taken alone, until it is refused."""


def brought(deaths: int, line: int = 0, convictions: int = 0) -> Suspects:
    """Return the suspects of a shim that brings lines 2 and 3 unanswered, 1 answered."""
    seqs = [(1, 1), (2, 0), (3, 0)]
    return Suspects(
        LinkHello(
            link=1, session="0" * 32, next=4, seqs=seqs, deaths=deaths, suspect=(line, convictions)
        )
    )


def taken_alone(suspects: Suspects) -> list[int]:
    return [number for number in range(1, 6) if suspects.is_taken_alone(number)]


def refused(suspects: Suspects) -> list[int]:
    return [number for number in range(1, 6) if suspects.refuses(number)]


def test_below_the_bounds_every_line_is_taken_as_ever() -> None:
    assert taken_alone(brought(ALONE_DEATHS - 1)) == []
    assert refused(brought(ALONE_DEATHS - 1)) == []


@pytest.mark.parametrize("suspects", [brought(ALONE_DEATHS), brought(0, 3, 1), brought(99, 3, 2)])
def test_what_has_seen_several_ends_is_taken_alone_and_not_refused(suspects: Suspects) -> None:
    assert taken_alone(suspects) == [2, 3]
    assert refused(suspects) == []


def test_only_the_line_that_every_time_was_just_taken_is_refused() -> None:
    assert refused(brought(99, 3, REFUSED_DEATHS)) == [3]
    assert refused(brought(99, 1, REFUSED_DEATHS)) == []
    assert refused(brought(99, 7, REFUSED_DEATHS)) == []


@pytest.mark.parametrize("content", [b"\xff" * 9000, b'{"method":"notifications/x"}', b"[" * 9000])
def test_what_asks_for_nothing_or_cannot_be_read_is_only_forgotten(content: bytes) -> None:
    assert deadly.refusal(content) is None


def test_a_long_request_is_refused_by_its_ends() -> None:
    head = b'{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{'
    answer = deadly.refusal(Oversize(10**7, head, b"}}"))
    assert answer is not None
    assert json.loads(answer)["result"]["isError"]


@pytest.mark.parametrize("version", all_but_slow(1, [LEGACY, MODERN]))
def test_a_request_that_ends_every_daemon_is_refused_and_what_waits_with_it_is_answered(
    daemon_home: DaemonHome, version: str
) -> None:
    with Editor(daemon_home, version=version, DJOBS_FP=DEADLY) as editor:
        editor.open()
        call = {"name": "health", "arguments": {}}
        write = {"name": "enqueue_task", "arguments": {"task_type": "edit"}}
        before = editor.ask("tools/call", call)
        fatal = editor.ask("tools/call", write)
        after = editor.ask("tools/call", call)
        failed, told = editor.outcome(fatal)
        assert failed
        assert "daemons in a row ended as they took" in told["message"]
        assert "list_tasks" in told["hint"]
        assert not editor.outcome(before)[0]
        assert not editor.outcome(after)[0]
        assert len(daemon_home.births()) <= 1 + DEATHS_MAX
        assert editor.strays == []
    assert daemon_home.logged("a line that no daemon survived is refused")
