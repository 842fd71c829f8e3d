"""A program that is killed leaves files old or new, and what is known of its cost."""

import signal
import subprocess

import pytest

from djobs_files.undoing import undo
from djobs_llm.contract import UNDO_FOLDER, decode_answer
from djobs_llm.usage_lines import read_totals
from tests.harness import needs
from tests.llm.child import SECONDS_MAX, Place, request_to, start
from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.script import INPUT_TOKENS, Answer, Silence, files

NO_FORM = Answer(arguments={"files": "a.md"})


def killed(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate(timeout=SECONDS_MAX)
    assert child.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_killed_while_it_is_answered_it_leaves_a_request_nobody_measured(place: Place) -> None:
    with AnthropicMessages(Silence()) as provider:
        child = start(place, request_to(place, provider))
        assert provider.was_asked.wait(SECONDS_MAX)
        killed(child)
        provider.closing.set()

    totals = read_totals(place.usage)
    assert (totals.requests, totals.unmeasured_requests, totals.cost_usd) == (1, 1, 0)
    assert not place.answer.exists()
    assert list(place.workspace.iterdir()) == []


@pytest.mark.slow
def test_killed_at_its_second_request_it_leaves_the_cost_of_the_first(place: Place) -> None:
    with AnthropicMessages(NO_FORM, Silence()) as provider:
        child = start(place, request_to(place, provider))
        assert provider.was_asked_again.wait(SECONDS_MAX)
        killed(child)
        provider.closing.set()

    totals = read_totals(place.usage)
    assert (totals.requests, totals.unmeasured_requests) == (2, 1)
    assert totals.input_tokens == INPUT_TOKENS
    assert (totals.cost_usd or 0) > 0


ALWAYS = [("/^rename", 3)]
POINTS = [
    *(("fsync", number) for number in (3, 6, 7, 8, 9, 11, 12)),
    *(("/^rename", number) for number in (1, 2, 3, 4)),
]
"""Calls of the kernel, after those of the usage lines, at which the program is killed."""


@pytest.mark.parametrize(
    ("call", "number"),
    [pytest.param(*point, marks=[] if point in ALWAYS else [pytest.mark.slow]) for point in POINTS],
)
def test_killed_at_any_step_of_writing_every_file_is_old_or_new(
    call: str, number: int, place: Place
) -> None:
    strace = needs.program("strace")
    (place.workspace / "a.md").write_text("old a")
    (place.workspace / "b.md").write_text("old b")
    inject = f"inject={call}:signal=SIGKILL:when={number}"
    launcher = (
        strace,
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"trace={call}",
        "-e",
        inject,
    )
    with AnthropicMessages(files(a_md="new a", b_md="new b")) as provider:
        child = start(place, request_to(place, provider), launcher=launcher)
        child.communicate(timeout=SECONDS_MAX)

    for name in "ab":
        text = (place.workspace / f"{name}.md").read_text()
        assert text in (f"old {name}", f"new {name}")
    undo(str(place.workspace), str(place.folder / UNDO_FOLDER))
    left = {path.name: path.read_text() for path in place.workspace.iterdir()}
    assert left == {"a.md": "old a", "b.md": "old b"}
    totals = read_totals(place.usage)
    assert (totals.requests, totals.unmeasured_requests) == (1, 0)
    assert (totals.cost_usd or 0) > 0
    if place.answer.exists():
        assert decode_answer(place.answer.read_bytes()).usage == totals
    else:
        assert child.returncode == -signal.SIGKILL
