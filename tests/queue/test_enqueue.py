"""Which jobs an enqueue stores, and which it finds already there."""

from typing import Any

import pytest

from djobs_daemon.queue.enqueue import Existing, Repeats, draft, plan
from djobs_daemon.queue.keys import Key
from djobs_daemon.store.records import JobDraft, JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import JobState
from djobs_protocol.values import NewJob

KEY = Key("k", everywhere=False)


def new(**fields: Any) -> JobDraft:
    return draft(NewJob(**{"type": "docstring", **fields}), "w", "/home/u/w", 1000)


def stored(**fields: Any) -> JobRow:
    plain: dict[str, Any] = dict.fromkeys(JobRow.__struct_fields__)
    plain |= {"id": "j1kt", "type": "docstring", "payload": "{}", "state": JobState.PENDING}
    plain["correlation_id"] = "w"
    return JobRow(**{**plain, **fields})


def test_a_job_without_a_key_is_stored() -> None:
    wanted = new()

    assert plan([wanted], {}, {}) == [wanted]


def test_a_key_that_names_a_stored_job_returns_it() -> None:
    owner = stored(state=JobState.SUCCEEDED)

    assert plan([new(idempotency_key="k")], {KEY: owner}, {}) == [Existing(owner)]


@pytest.mark.parametrize("changed", [{"type": "other"}, {"payload": {"n": 2}}])
def test_a_key_with_another_type_or_payload_is_a_conflict(changed: dict[str, Any]) -> None:
    with pytest.raises(DjobsError) as refusal:
        plan([new(idempotency_key="k", **changed)], {KEY: stored()}, {})

    assert refusal.value.code is ErrorCode.IDEMPOTENCY_CONFLICT
    assert "j1kt" in refusal.value.message


def test_a_key_of_another_workflow_is_a_conflict_and_not_an_answer() -> None:
    with pytest.raises(DjobsError) as refusal:
        plan([new(idempotency_key="k")], {KEY: stored(correlation_id="elsewhere")}, {})

    assert refusal.value.code is ErrorCode.IDEMPOTENCY_CONFLICT
    assert "'elsewhere'" in refusal.value.message


def test_a_key_of_all_workspaces_answers_whatever_the_workflow() -> None:
    owner = stored(correlation_id="elsewhere")
    wanted = new(idempotency_key="k", key_scope="everywhere")

    assert plan([wanted], {Key("k", everywhere=True): owner}, {}) == [Existing(owner)]


def test_a_key_of_all_workspaces_is_another_than_one_of_this_workspace() -> None:
    drafts = [new(idempotency_key="k"), new(idempotency_key="k", key_scope="everywhere")]

    assert plan(drafts, {}, {}) == drafts


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"key_scope": "everywhere"}, "key_scope says for what idempotency_key counts"),
        ({"key_states": "incomplete"}, "key_states says for what idempotency_key counts"),
        ({"key_seconds": 60}, "key_seconds says for what idempotency_key counts"),
        ({"resource_scope": "everywhere"}, "resource_scope says for what resource_key counts"),
        (
            {"idempotency_key": "k", "key_seconds": 60, "key_states": "incomplete"},
            "expected one of them",
        ),
    ],
)
def test_what_is_said_of_a_key_needs_one_and_agrees(asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DjobsError) as refusal:
        new(**asked)

    assert refusal.value.code is ErrorCode.INVALID_PARAMS
    assert complaint in refusal.value.message


def test_members_in_another_order_are_the_same_payload() -> None:
    owner = stored(payload='{"path":"a.py","style":{"a":1,"b":[1,2]}}')
    again = new(idempotency_key="k", payload={"style": {"b": [1, 2], "a": 1}, "path": "a.py"})

    assert plan([again], {KEY: owner}, {}) == [Existing(owner)]


def test_a_key_twice_in_one_batch_is_one_job() -> None:
    twice = [new(idempotency_key="k"), new(), new(idempotency_key="k")]

    assert plan(twice, {}, {})[2] == Repeats(0)


def test_blockers_are_the_dependencies_that_are_not_met() -> None:
    states = {
        "a": JobState.SUCCEEDED,
        "b": JobState.SKIPPED,
        "c": JobState.FAILED,
        "d": JobState.PENDING,
    }

    (planned,) = plan([new(depends_on=["a", "b", "c", "d", "d"])], {}, states)

    assert isinstance(planned, JobDraft)
    assert planned.blockers == 2
    assert [need.job for need in planned.depends_on] == ["a", "b", "c", "d"]


def test_an_unknown_dependency_refuses_the_whole_batch() -> None:
    with pytest.raises(DjobsError) as refusal:
        plan([new(), new(depends_on=["j9xx"])], {}, {})

    assert refusal.value.code is ErrorCode.UNKNOWN_DEPENDENCY
    assert "j9xx" in refusal.value.message


def test_a_payload_over_the_limit_names_the_limit() -> None:
    with pytest.raises(DjobsError, match=r"the limit is 1000 \(PAYLOAD_BYTES_MAX\)") as refusal:
        new(payload={"text": "x" * 1000})

    assert refusal.value.code is ErrorCode.TOO_LARGE


def test_a_payload_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(DjobsError) as refusal:
        new(payload={"text": "\ud800"})

    assert refusal.value.code is ErrorCode.INVALID_PARAMS


SECRET = "ghp_" + "a1" * 18


@pytest.mark.parametrize("argument", ["type", "idempotency_key", "resource_key"])
def test_a_secret_in_a_name_is_refused_and_not_repeated(argument: str) -> None:
    with pytest.raises(DjobsError) as refusal:
        new(**{argument: f"use {SECRET}"})

    assert refusal.value.code is ErrorCode.INVALID_PARAMS
    assert refusal.value.message.startswith(argument)
    assert SECRET not in refusal.value.message


def test_a_secret_in_a_chosen_correlation_id_is_refused_but_a_folder_is_what_it_is() -> None:
    with pytest.raises(DjobsError, match="correlation_id") as refusal:
        draft(NewJob(type="x"), SECRET, "/home/u/w", 1000)

    assert refusal.value.code is ErrorCode.INVALID_PARAMS
    folder = f"/home/u/{SECRET}"
    assert draft(NewJob(type="x"), folder, folder, 1000).correlation_id == folder


def test_a_payload_is_stored_without_its_secrets() -> None:
    assert "hunter" not in new(payload={"password": "hunter2"}).payload
