"""A blocking request: answered by its own answer, within its deadline, or not at all (R16, R19)."""

import time
from collections.abc import Iterator

import pytest

from djobs_local import call, presence, start, stop_mark
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.local.client import STAND_IN
from tests.local.place import Place, changed_environment


@pytest.fixture
def connection(place: Place) -> Iterator[call.Connection]:
    place.ensure()
    with call.connect(place.state, deadline_seconds=5, spawn=False) as made:
        yield made


def test_a_result_is_matched_by_id_among_strangers_and_notifications(
    connection: call.Connection,
) -> None:
    for number in range(3):
        answer = connection.call("echo", {"n": number}, 2.0)
        assert answer == {"echo": {"n": number}, "timeout_ms": 2000}


def test_large_answers_arrive_whole(connection: call.Connection) -> None:
    text = "ä" * 400_000
    assert connection.call("echo", {"text": text})["echo"]["text"] == text


def test_the_daemons_own_error_is_raised_and_the_connection_goes_on(
    connection: call.Connection,
) -> None:
    with pytest.raises(DjobsError) as caught:
        connection.call("refuse")
    assert caught.value.code is ErrorCode.JOB_NOT_FOUND
    assert caught.value.data["job_id"] == "7"
    assert connection.call("echo")["echo"] == {}


@pytest.mark.parametrize(
    "said",
    [{"error": "disk on fire"}, {"error": []}, {"result": "done"}, {"result": None}, {}],
    ids=["error is a text", "error is a list", "result is a text", "result is null", "neither"],
)
def test_an_answer_that_is_neither_a_result_nor_an_error_is_no_success(
    connection: call.Connection, said: dict[str, object]
) -> None:
    with pytest.raises(DjobsError) as caught:
        connection.call("say", said)
    assert caught.value.code is ErrorCode.PARSE_ERROR
    assert connection.call("echo")["echo"] == {}


def test_a_connection_that_timed_out_is_never_used_again(connection: call.Connection) -> None:
    with pytest.raises(DjobsError) as caught:
        connection.call("hang", timeout_seconds=0.05)
    assert caught.value.code is ErrorCode.DEADLINE_EXCEEDED
    assert "may still have happened" in caught.value.message
    with pytest.raises(DjobsError, match="closed"):
        connection.call("echo")


def test_a_daemon_that_hangs_up_is_unavailable(connection: call.Connection) -> None:
    with pytest.raises(DjobsError) as caught:
        connection.call("close")
    assert caught.value.code is ErrorCode.UNAVAILABLE


def test_the_welcome_and_the_kernel_name_the_same_process(
    place: Place, connection: call.Connection
) -> None:
    assert connection.welcome["pid"] == connection.peer_pid == place.births()[0]["pid"]


def test_without_a_daemon_and_without_leave_to_start_one_it_is_unavailable(place: Place) -> None:
    with pytest.raises(DjobsError) as caught:
        call.connect(place.state, deadline_seconds=1, spawn=False)
    assert caught.value.code is ErrorCode.UNAVAILABLE


def test_a_stopped_daemon_stays_stopped(place: Place) -> None:
    stop_mark.write_stop_mark(place.state, "me")
    with pytest.raises(DjobsError) as caught:
        call.connect(place.state, deadline_seconds=1)
    assert caught.value.code is ErrorCode.STOPPED_BY_USER


@pytest.mark.parametrize("mode", ["old", "refusing"])
def test_no_version_in_common_names_both_versions_and_the_command(place: Place, mode: str) -> None:
    place.ensure(mode=mode)
    with pytest.raises(DjobsError) as caught:
        call.connect(place.state, deadline_seconds=1, spawn=False)
    assert caught.value.code is ErrorCode.PROTOCOL_MISMATCH
    for words in ("djobs 0.1.0", "djobs 0.0.1", "[0, 0]", "djobsctl restart"):
        assert words in caught.value.message


def test_connecting_starts_the_daemon_when_there_is_none(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("djobs_local.spawn.find_daemon_main", lambda: STAND_IN)
    with changed_environment(DJOBS_HOME=place.state), call.connect(place.state) as made:
        assert made.welcome["instance"] == place.births()[0]["instance"]


def test_a_draining_daemon_is_waited_for_within_the_deadline(place: Place) -> None:
    place.ensure(deadline=0.5, mode="draining")
    with pytest.raises(DjobsError) as caught:
        call.connect(place.state, deadline_seconds=0.3)
    assert caught.value.code is ErrorCode.DRAINING


def test_a_look_without_time_does_not_take_absence_for_silence(place: Place) -> None:
    assert presence.look(place.state, 0).kind is presence.Kind.ABSENT
    with pytest.raises(DjobsError) as caught:
        start.ensure_running(place.state, 0, terms=start.Terms(spawn=False))
    assert caught.value.code is ErrorCode.UNAVAILABLE


def test_what_answers_nonsense_is_foreign(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ensure()
    monkeypatch.setattr("djobs_local.wire.encode_call", lambda *_, **__: b'{"method":"x","id":0')
    began = time.monotonic()
    seen = presence.look(place.state, 5)
    assert seen.kind is presence.Kind.MUTE
    assert "closed" in seen.detail
    assert time.monotonic() - began < 5
