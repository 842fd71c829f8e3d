"""A tool answers to the names that agents know from other queues, and no list shows those."""

from djobs_daemon.mcp_server.aliases import ALIASES
from djobs_daemon.mcp_server.catalog import TOOL_NAMES
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Ask, Editor


def test_every_alias_means_a_tool_and_hides_none() -> None:
    assert set(ALIASES.values()) <= TOOL_NAMES
    assert not set(ALIASES) & TOOL_NAMES


def test_a_call_by_an_alias_is_answered_as_the_tool_that_it_means(
    running_daemon: DaemonHome,
) -> None:
    with Editor(running_daemon, workspace=running_daemon.state) as editor:
        editor.open()
        task_id = editor.call("create_task", task_type="t")["id"]
        known = editor.call("check_task", task_id=task_id)
        assert editor.call("get_task", task_id=task_id) == known
        (number,) = editor.ask_all([Ask("get_job", {"task_id": task_id})])
        is_error, content = editor.outcome(number)
    assert is_error
    assert "There is no tool 'get_job'" in content["message"]
