"""The page on the tools says what the tools are."""

from pathlib import Path

import pytest

from djobs_daemon.mcp_server.catalog import TOOLS, Tool
from djobs_protocol.states import JobState

PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text()


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_and_argument_is_documented(tool: Tool) -> None:
    assert tool.name in PAGE
    for argument in tool.properties:
        assert argument in PAGE


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_is_documented(state: JobState) -> None:
    assert f"`{state}`" in PAGE


def test_annotations_tell_reading_from_writing() -> None:
    writing = {tool.name for tool in TOOLS if not tool.read_only}

    assert writing == {"enqueue_task", "complete_task", "fail_task"}
    assert not any(tool.destructive for tool in TOOLS)
