"""A line that no daemon survives is refused in the end, and it alone; whatever else is answered."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.mcp_server import deadly
from djobs_daemon.mcp_server.deadly import ALONE_DEATHS, REFUSED_DEATHS, Suspects
from djobs_protocol.framing import Oversize
from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Editor

DEADLY = "store.commit=kill9"
"""Every write ends the daemon before it is on disk."""
BROUGHT = [(1, 1), (2, 0), (3, 0)]
DEATHS_MAX = ALONE_DEATHS + REFUSED_DEATHS
"""Until the innocent beside the deadly one are answered, and then until that one is refused."""


def test_below_the_bounds_every_line_is_taken_as_ever() -> None:
    suspects = Suspects(ALONE_DEATHS - 1, BROUGHT)
    assert not any(suspects.refuses(n) or suspects.is_taken_alone(n) for n in range(1, 6))


def test_suspects_are_taken_one_at_a_time_before_any_is_refused() -> None:
    suspects = Suspects(REFUSED_DEATHS - 1, BROUGHT)
    assert [n for n in range(1, 6) if suspects.is_taken_alone(n)] == [2, 3]
    assert not any(suspects.refuses(n) for n in range(1, 6))


@given(st.integers(REFUSED_DEATHS, 1000))
def test_only_the_first_unanswered_line_is_refused(deaths: int) -> None:
    assert [n for n in range(1, 6) if Suspects(deaths, BROUGHT).refuses(n)] == [2]
    assert not any(Suspects(deaths, [(1, 1)]).refuses(n) for n in range(1, 6))


@pytest.mark.parametrize("content", [b"\xff" * 9000, b'{"method":"notifications/x"}', b"[" * 9000])
def test_what_asks_for_nothing_or_cannot_be_read_is_only_forgotten(content: bytes) -> None:
    assert deadly.refusal(content, REFUSED_DEATHS) is None


def test_a_long_request_is_refused_by_its_ends() -> None:
    head = b'{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{'
    answer = deadly.refusal(Oversize(10**7, head, b"}}"), REFUSED_DEATHS)
    assert answer is not None
    assert json.loads(answer)["result"]["isError"]


@pytest.mark.parametrize("version", [LEGACY, MODERN])
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
        assert "daemons in a row ended" in told["message"]
        assert "list_tasks" in told["hint"]
        assert not editor.outcome(before)[0]
        assert not editor.outcome(after)[0]
        assert len(daemon_home.births()) <= 1 + DEATHS_MAX
        assert editor.strays == []
    assert daemon_home.logged("a line that no daemon survived is refused")
