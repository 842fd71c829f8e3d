"""Wrong arguments are named with what is expected; right ones become the request they mean."""

from typing import Any

import pytest

from djobs_daemon.mcp_server.arguments import EVENTS_DEFAULT, to_request
from djobs_daemon.mcp_server.catalog import ALL_TOOLS
from djobs_protocol.daemon_requests import GetHealth
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_requests import CompleteJob, EnqueueJobs
from djobs_protocol.queue_requests import ListTypes, SetType
from djobs_protocol.reading_requests import GetJob, ListJobs, QueryAudit, ResumeSession
from djobs_protocol.states import OPEN_STATES, EventKind, JobState
from djobs_protocol.values import Retry

HERE = "/home/u/project"

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("enqueue_task", {}, "task_type is missing"),
    ("enqueue_task", {"task_type": 5}, "task_type: expected a string, got an integer"),
    ("enqueue_task", {"task_type": ""}, "task_type is missing"),
    ("enqueue_task", {"task_type": "  "}, "task_type is blank; expected a short string"),
    ("enqueue_task", {"task_type": "a\0b"}, "task_type holds a NUL character"),
    ("enqueue_task", {"task_type": "x", "priority": 2.5}, "priority: expected an integer"),
    ("enqueue_task", {"task_type": "x", "correlation_id": "*"}, "correlation_id '*' means all"),
    ("enqueue_task", {"task_type": "x", "priority": 11}, "priority: expected an integer <= 10"),
    ("enqueue_task", {"task_type": "x", "priority": "1"}, "priority: expected an integer"),
    ("enqueue_task", {"task_type": "x", "max_attempts": -1}, "max_attempts: expected an integer"),
    ("enqueue_task", {"task_type": "x", "depends_on": "j1"}, "depends_on: expected an array"),
    ("enqueue_task", {"task_type": "x", "payload": [1]}, "payload is an array; expected an object"),
    ("enqueue_task", {"task_type": "x", "payload": 3}, "payload is a number; expected an object"),
    ("enqueue_task", {"task_type": "x", "payload": "hi"}, "payload is a string that is not JSON"),
    (
        "enqueue_task",
        {"task_type": "x", "foo": 1},
        "unknown argument foo; expected are task_type, ",
    ),
    ("enqueue_task", {"task_type": "x", "tasks": []}, "tasks holds 0 tasks; expected 1 to 500"),
    ("enqueue_task", {"task_type": "x", "tasks": [{}] * 501}, "tasks holds 501 tasks"),
    ("enqueue_task", {"task_type": "x", "tasks": [{"foo": 1}]}, "tasks[0]: unknown argument foo"),
    ("enqueue_task", {"tasks": [{"task_type": "x"}, {}]}, "tasks[1].task_type is missing"),
    (
        "enqueue_task",
        {"task_type": "x", "idempotency_key": "k", "tasks": [{}, {}]},
        "idempotency_key names one task",
    ),
    (
        "enqueue_task",
        {"task_type": "x", "run_at": "2027-01-15T08:00:00"},
        "run_at: expected a time with its zone",
    ),
    (
        "enqueue_task",
        {"task_type": "x", "graph_key": "k", "tasks": [{}, {}]},
        "graph_key names one task",
    ),
    ("enqueue_task", {"task_type": "x", "delay_seconds": -1}, "delay_seconds: expected a number"),
    ("complete_task", {}, "missing argument task_id"),
    ("complete_task", {"task_id": "j1", "evidence": 7}, "evidence: expected a string"),
    ("fail_task", {"task_id": "j1"}, "missing argument error"),
    ("fail_task", {"task_id": "j1", "error": ""}, "error is blank; expected what went wrong"),
    ("fail_task", {"task_id": "j1", "error": " \n"}, "error is blank; expected what went wrong"),
    ("complete_task", {"task_id": ""}, "task_id: expected a string of length >= 1"),
    (
        "list_tasks",
        {"status_filter": "done"},
        "status_filter 'done' is unknown; expected all, or unf",
    ),
    ("list_tasks", {"limit": 0}, "limit: expected an integer >= 1"),
    ("audit_log", {"limit": -1}, "limit: expected an integer >= 1"),
    ("audit_log", {"since": "yesterday"}, "since: expected a time with its zone"),
    ("audit_log", {"since": "2026-11-22T10:00:00"}, "since: expected a time with its zone"),
    ("audit_log", {"since": 1700000000}, "since: expected a time with its zone, such as"),
    ("audit_log", {"summary": True, "limit": 3}, "limit and cursor page through the events"),
    ("audit_log", {"event_type": "exploded"}, "event_type 'exploded' is unknown; expected one"),
    ("set_type_defaults", {"task_type": "t", "retry": {"factor": 99}}, "retry.factor: expected a"),
    ("set_type_defaults", {}, "missing argument task_type"),
    ("health", {"verbose": True}, "unknown argument verbose"),
]


@pytest.mark.parametrize(("tool", "arguments", "complaint"), WRONG)
def test_a_wrong_argument_is_named_with_what_is_expected(
    tool: str, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(DjobsError) as refusal:
        to_request(tool, arguments, HERE)

    assert refusal.value.code is ErrorCode.INVALID_PARAMS
    assert complaint in refusal.value.message


@pytest.mark.parametrize("payload", [{"path": "a.py"}, '{"path": "a.py"}'])
def test_a_payload_may_be_an_object_or_its_json(payload: object) -> None:
    request = to_request("enqueue_task", {"task_type": "x", "payload": payload}, HERE)

    assert isinstance(request, EnqueueJobs)
    assert request.jobs[0].payload == {"path": "a.py"}


def test_tasks_of_a_batch_inherit_what_they_leave_out() -> None:
    request = to_request(
        "enqueue_task",
        {
            "task_type": "docstring",
            "priority": 2,
            "correlation_id": "w",
            "tasks": [{"payload": {"n": 1}}, {"task_type": "test", "priority": 9}],
        },
        HERE,
    )

    assert isinstance(request, EnqueueJobs)
    assert request.correlation_id == "w"
    assert [(job.type, job.priority, job.payload) for job in request.jobs] == [
        ("docstring", 2, {"n": 1}),
        ("test", 9, {}),
    ]


def test_null_is_as_good_as_absent() -> None:
    request = to_request(
        "enqueue_task", {"task_type": "x", "payload": None, "priority": None, "tasks": None}, HERE
    )

    assert isinstance(request, EnqueueJobs)
    assert request.jobs[0].priority is None


def test_each_tool_means_its_request() -> None:
    assert to_request("complete_task", {"task_id": "j1"}, HERE) == CompleteJob(job_id="j1")
    assert to_request("check_task", {"task_id": "j1"}, HERE) == GetJob(job_id="j1")
    assert to_request("resume_session", {}, HERE) == ResumeSession()
    assert to_request("health", {}, HERE) == GetHealth()
    defaults = {"task_type": "t", "max_attempts": 5.0, "retry": {"factor": 3}}
    assert to_request("set_type_defaults", defaults, HERE) == SetType(
        type="t", max_attempts=5, retry=Retry(factor=3)
    )
    assert to_request("list_type_defaults", {}, HERE) == ListTypes()
    assert to_request("audit_log", {"event_type": "failed"}, HERE) == QueryAudit(
        correlation_id=HERE, kinds=[EventKind.FAILED], summary=True, limit=EVENTS_DEFAULT
    )


def test_list_defaults_to_the_workspace_and_knows_unfinished() -> None:
    listing = to_request("list_tasks", {"status_filter": "unfinished"}, HERE)

    assert isinstance(listing, ListJobs)
    assert listing.correlation_id == HERE
    assert set(listing.states) == OPEN_STATES
    several = to_request("list_tasks", {"status_filter": "failed, succeeded"}, HERE)
    assert isinstance(several, ListJobs)
    assert several.states == [JobState.SUCCEEDED, JobState.FAILED]


def states(status_filter: str) -> set[JobState]:
    listing = to_request("list_tasks", {"status_filter": status_filter}, HERE)
    assert isinstance(listing, ListJobs)
    return set(listing.states)


def test_a_filter_may_add_states_to_the_unfinished_ones_or_name_all() -> None:
    assert states("unfinished, failed") == OPEN_STATES | {JobState.FAILED}
    assert states("all") == states("failed,all") == set()  # no filter


@pytest.mark.parametrize("tool", ["list_tasks", "audit_log"])
def test_what_is_looked_at_is_the_workspace_unless_another_or_all_are_named(tool: str) -> None:
    groups = [
        to_request(tool, arguments, HERE).correlation_id  # type: ignore[union-attr]  # both have one
        for arguments in (
            {},
            {"correlation_id": ""},
            {"correlation_id": "w"},
            {"correlation_id": "*"},
        )
    ]
    assert groups == [HERE, HERE, "w", None]


def test_an_audit_of_a_workspace_covers_all_of_its_workflows_unless_one_is_named() -> None:
    asked = {"workspace": "/there", "agent": "bob", "task_type": "edit"}
    found = to_request("audit_log", asked, HERE)
    one = to_request("audit_log", {**asked, "correlation_id": "w"}, HERE)

    assert isinstance(found, QueryAudit)
    assert (found.workspace, found.agent, found.types) == ("/there", "bob", ["edit"])
    assert found.correlation_id is None
    assert isinstance(one, QueryAudit)
    assert one.correlation_id == "w"


@pytest.mark.parametrize("paging", [{"limit": 5}, {"cursor": "7"}])
def test_an_audit_with_paging_means_the_events(paging: dict[str, Any]) -> None:
    request = to_request("audit_log", paging, HERE)

    assert isinstance(request, QueryAudit)
    assert not request.summary


def test_what_an_entry_of_a_batch_says_nothing_in_comes_from_the_call() -> None:
    nothing = {"task_type": None, "payload": None, "priority": None, "resource_key": ""}
    common = {"task_type": "x", "payload": {"p": 1}, "priority": 2.0, "resource_key": "r"}

    request = to_request("enqueue_task", {**common, "tasks": [nothing, {"priority": 3.0}]}, HERE)

    assert isinstance(request, EnqueueJobs)
    assert [(job.payload, job.priority, job.resource_key) for job in request.jobs] == [
        ({"p": 1}, 2, "r"),
        ({"p": 1}, 3, "r"),
    ]


def test_what_the_call_says_of_keys_counts_for_the_entries_that_have_one() -> None:
    request = to_request(
        "enqueue_task",
        {
            "task_type": "x",
            "key_seconds": 60,
            "resource_scope": "everywhere",
            "tasks": [{"idempotency_key": "k"}, {"resource_key": "r"}],
        },
        "/w",
    )
    assert isinstance(request, EnqueueJobs)
    named, holding = request.jobs
    assert (named.key_seconds, named.resource_scope) == (60, "workspace")
    assert (holding.key_seconds, holding.resource_scope) == (None, "everywhere")


def test_an_empty_string_is_as_good_as_absent_where_it_may_be() -> None:
    empty = dict.fromkeys(("correlation_id", "idempotency_key", "resource_key"), "")

    request = to_request("enqueue_task", {"task_type": "x", **empty}, HERE)

    assert request == to_request("enqueue_task", {"task_type": "x"}, HERE)


def test_every_schema_property_is_an_argument_the_tool_takes() -> None:
    for tool in ALL_TOOLS:
        for name in tool.properties:
            with pytest.raises(DjobsError) as refusal:
                to_request(tool.name, {name: object()}, HERE)
            assert "unknown argument" not in refusal.value.message, (tool.name, name)


def test_a_task_of_many_says_when_in_its_own_way() -> None:
    tasks = [{"run_at": "2027-01-15T08:00:00Z"}, {"delay_seconds": 5}, {}]
    request = to_request(
        "enqueue_task", {"task_type": "x", "delay_seconds": 90, "tasks": tasks}, ""
    )
    assert isinstance(request, EnqueueJobs)
    assert [job.delay_seconds for job in request.jobs] == [None, 5, 90]
    assert [job.run_at is None for job in request.jobs] == [False, True, True]
