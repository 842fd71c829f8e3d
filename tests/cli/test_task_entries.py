"""Tasks of a file become jobs; what is wrong with one is said about it, by its name."""

from typing import Any

import msgspec
import pytest

from djobs_daemon.mcp_server.enqueue_arguments import _PER_TASK
from djobs_protocol.values import LeaseSeconds, NewJob
from djobsctl import duration
from djobsctl.task_entries import MEMBERS, entries, in_words_of_tasks, new_job
from djobsctl.words import UsageError


def test_a_task_has_the_members_of_the_tool_s_and_each_is_one_of_a_job() -> None:
    assert set(MEMBERS) == {*_PER_TASK, "managed_by", "lease_seconds"}
    of_executors = {"max_duration_seconds", "budget", "env"}
    jobs = {field.name for field in msgspec.structs.fields(NewJob)} - of_executors
    assert {"type" if name == "task_type" else name for name in MEMBERS} == jobs


def test_a_lease_may_be_as_long_as_the_protocol_says() -> None:
    (meta,) = LeaseSeconds.__metadata__  # type: ignore[attr-defined]
    bounds = duration.LEASE_SECONDS_MIN, duration.LEASE_SECONDS_MAX
    assert (meta.ge, meta.le) == bounds


def test_an_array_and_json_lines_are_the_same_tasks_by_other_names() -> None:
    array = '\n[{"task_type": "a"}, {"task_type": "b"}]\n'
    lines = '{"task_type": "a"}\n\n{"task_type": "b"}\n'
    assert [name for name, _ in entries(array)] == ["tasks[0]", "tasks[1]"]
    assert [name for name, _ in entries(lines)] == ["Line 1", "Line 3"]
    assert [task for _, task in entries(array)] == [task for _, task in entries(lines)]
    assert entries("") == entries("[]") == []


@pytest.mark.parametrize("text", ["[1,", '{"a": NaN}', "x", "[" * 100_000])
def test_what_is_no_json_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be read as JSON") as refusal:
        entries(text)
    assert "JSON Lines" in refusal.value.hint


COMMON = {"task_type": "review", "priority": 2, "delay_seconds": 60.0}


@pytest.mark.parametrize(
    ("task", "job"),
    [
        ({}, {"type": "review", "priority": 2, "delay_seconds": 60.0}),
        ({"task_type": "test", "priority": 3.0}, {"type": "test", "priority": 3}),
        ({"task_type": None, "priority": ""}, {"type": "review", "priority": 2}),
        ({"payload": '{"a": 1}'}, {"payload": {"a": 1}}),
        ({"payload": {"a": 1.0}}, {"payload": {"a": 1.0}}),
        ({"depends_on": []}, {"depends_on": []}),
    ],
)
def test_what_a_task_leaves_out_is_as_for_all(task: object, job: dict[str, Any]) -> None:
    made = new_job("Line 1", task, COMMON)
    assert {name: made[name] for name in job} == job
    assert type(made["priority"]) is int


def test_a_time_takes_the_place_of_the_delay_of_all() -> None:
    made = new_job("Line 1", {"run_at": "2026-11-22T10:00:00Z"}, COMMON)
    assert "delay_seconds" not in made
    assert made["run_at"] == "2026-11-22T10:00:00Z"


@pytest.mark.parametrize(
    ("task", "complaint"),
    [
        ([], "Line 4 is no object"),
        ({"prio": 1}, "Line 4 has the member 'prio'"),
        ({"payload": "x"}, "Line 4: payload is a string that holds no JSON object"),
        ({"payload": "[1]"}, "Line 4: payload is a string that holds no JSON object"),
        ({}, "Line 4 has no task_type"),
    ],
)
def test_what_is_no_task_is_refused_by_its_name(task: object, complaint: str) -> None:
    with pytest.raises(UsageError, match=r"^Line 4") as refusal:
        new_job("Line 4", task, {} if task == {} else {"task_type": "a"})
    assert complaint in str(refusal.value)


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({"type": 3}, "task_type: expected a string, got a whole number."),
        ({"type": "a", "priority": 11}, "priority: expected a whole number <= 10."),
        ({"type": "a", "delay_seconds": "x"}, "delay_seconds: expected a number, got a string."),
        (
            {"type": "a", "verify": [{"command": 3}]},
            "verify[0].command: expected a string or an array, got a whole number.",
        ),
        ({"type": "a", "retry": {"factor": 0}}, "retry.factor: expected a number >= 1.0."),
    ],
)
def test_what_the_daemon_says_is_said_in_words_of_tasks(job: dict[str, Any], said: str) -> None:
    request = msgspec.json.encode({"jobs": [{"type": "ok"}, job]})

    class Batch(msgspec.Struct):
        jobs: list[NewJob]

    with pytest.raises(msgspec.ValidationError) as wrong:
        msgspec.json.decode(request, type=Batch)
    complaint = f"Wrong params: {wrong.value}."
    assert in_words_of_tasks(complaint, ["Line 1", "Line 7"]) == f"Line 7: {said}"
    assert in_words_of_tasks(complaint, ["", ""]) == said


def test_a_refusal_that_names_the_task_by_its_place_names_it_by_its_line() -> None:
    told = in_words_of_tasks("tasks[1]: payload is large.", ["Line 1", "Line 7"])
    assert told == "Line 7: payload is large."
    assert in_words_of_tasks("type holds a secret.", [""]) == "type holds a secret."
