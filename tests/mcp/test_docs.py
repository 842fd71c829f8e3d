"""The page on the tools says what the tools are."""

from pathlib import Path

import pytest

from djobs_daemon.mcp_server.catalog import ALL_TOOLS
from djobs_daemon.mcp_server.tool import Tool
from djobs_protocol.states import JobState

PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text()


@pytest.mark.parametrize("tool", ALL_TOOLS, ids=lambda tool: tool.name)
def test_every_tool_and_argument_is_documented(tool: Tool) -> None:
    assert tool.name in PAGE
    for argument in tool.properties:
        assert argument in PAGE


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_is_documented(state: JobState) -> None:
    assert f"`{state}`" in PAGE


def test_annotations_tell_reading_from_writing() -> None:
    writing = {tool.name for tool in ALL_TOOLS if not tool.read_only}

    assert writing == {
        *("enqueue_task", "complete_task", "fail_task"),
        *("claim_task", "heartbeat_task", "release_task"),
        *("retry_task", "cancel_task", "skip_task", "amend_task", "accept_before"),
        *(
            "pause_work",
            "resume_work",
            "retry_failed",
            "limit_work",
            "schedule_task",
            "unschedule_task",
        ),
        *("register_agent", "agent_heartbeat", "set_type_defaults", "back_up"),
        *("submit_task", "submit_batch"),
        *("archive_workflow", "purge_tasks", "deliver_notice"),
    }
    assert {tool.name for tool in ALL_TOOLS if tool.destructive} == {"cancel_task", "purge_tasks"}
