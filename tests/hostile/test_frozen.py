"""A daemon that is there and says nothing: nobody starts another, everybody says so in time."""

from contextlib import ExitStack

import pytest

from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome
from tests.harness.editor import Editor, EditorGone
from tests.harness.herd import run_herd

SHIMS = 16
EX_TEMPFAIL = 75


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_16_shims_of_a_frozen_daemon_each_say_what_is_wrong(running_daemon: DaemonHome) -> None:
    instance = running_daemon.instance()
    running_daemon.sigstop()
    with ExitStack() as stack:
        shims = [stack.enter_context(Editor(running_daemon)) for _ in range(SHIMS)]
        for shim in shims:
            with pytest.raises(EditorGone):
                shim.answer(shim.ask("ping", {}))
            assert shim.process.wait(PATIENCE_SECONDS) == EX_TEMPFAIL
            assert f"pid {running_daemon.pid()}" in shim.errors()
            assert "has not answered" in shim.errors()
    running_daemon.sigcont()
    running_daemon.wait_ready()
    assert running_daemon.instance() == instance
    assert len(running_daemon.births()) == 1


def test_16_programs_of_a_frozen_daemon_each_say_what_is_wrong(running_daemon: DaemonHome) -> None:
    running_daemon.sigstop()
    outcomes = run_herd(running_daemon, SHIMS, seconds=1.0)
    assert {outcome.get("code") for outcome in outcomes} == {"unresponsive"}, outcomes
    assert all(f"pid {running_daemon.pid()}" in outcome["message"] for outcome in outcomes)
    assert len(running_daemon.births()) == 1


def test_a_session_whose_daemon_is_frozen_for_a_while_only_waits(
    running_daemon: DaemonHome,
) -> None:
    with Editor(running_daemon) as editor:
        editor.open()
        running_daemon.sigstop()
        asked = editor.ask("tools/call", {"name": "health", "arguments": {}})
        with pytest.raises(AssertionError, match="no answer"):
            editor.answer(asked, 1)
        running_daemon.sigcont()
        assert not editor.outcome(asked)[0]
        assert len(running_daemon.births()) == 1
