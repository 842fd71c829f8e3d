"""Claims that wait: a job that is ready and a claim that would take it find each other."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.work.test_pauses import WAKE_SECONDS

WAIT_SECONDS = 30
URGENCY = {"x": 1, "y": 5}


@pytest.fixture
def editors(home: DaemonHome) -> Iterator[list[Editor]]:
    with ExitStack() as stack:
        opened = [stack.enter_context(Editor(home)) for _ in range(3)]
        for editor in opened:
            editor.open()
        yield opened


def wait_for(editor: Editor, *types: str) -> int:
    """Have a claim wait; return the number of the call."""
    asked = {"wait_seconds": WAIT_SECONDS, **({"task_types": [*types]} if types else {})}
    number = editor.ask("tools/call", {"name": "claim_task", "arguments": asked})
    editor.call("health")  # answered after the claim was taken up
    return number


@pytest.mark.parametrize("order", [("y", "x"), ("x", "y")])
def test_two_jobs_of_one_commit_find_both_claims_that_wait(
    editors: list[Editor], order: tuple[str, str]
) -> None:
    """Though who takes any job takes the better one, whichever it was woken for."""
    takes_any, takes_y, boss = editors
    numbers = (wait_for(takes_any), wait_for(takes_y, "y"))
    tasks = [{"task_type": each, "priority": URGENCY[each]} for each in order]

    boss.call("enqueue_task", tasks=tasks)

    got = [
        editor.outcome(number, WAKE_SECONDS)[1]["type"]
        for editor, number in zip((takes_any, takes_y), numbers, strict=True)
    ]
    assert got == ["x", "y"]
