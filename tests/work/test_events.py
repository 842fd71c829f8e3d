"""Following the history over RPC: nothing is missed, nothing comes twice, nobody is held up."""

import json
import time
from typing import Any

import pytest

from djobs_local import wire
from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import EVENTS_PAGE_MAX, SUBSCRIPTIONS_MAX
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome
from tests.work.test_claims import FLOW, claim, enqueue

BATCH, BATCHES = 500, 16
"""More than a socket's buffers hold of notices."""


def read(connection: Connection, **asked: Any) -> dict[str, Any]:
    return connection.call("events.read", asked, 30)


def subscribe(connection: Connection, **asked: Any) -> int:
    return int(connection.call("events.subscribe", asked)["offset"])


def told(connection: Connection, count: int) -> list[dict[str, Any]]:
    """Return that many events, which a subscription tells of."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        found += connection.next_notice()["events"]
    return found


def test_reading_begins_at_the_end_unless_an_offset_or_a_time_is_named(one: Connection) -> None:
    job_id, _ = enqueue(one, {}, {})
    end = read(one)
    assert (end["offset"], end.get("events")) == (2, None)
    one.call("job.complete", {"job_id": job_id})
    (event,) = read(one, after=2)["events"]
    assert (event["seq"], event["kind"], event["job_id"]) == (3, "succeeded", job_id)
    assert [each["seq"] for each in read(one, since="2020-01-01T00:00:00Z")["events"]] == [1, 2, 3]
    assert read(one, since="2090-01-01T00:00:00Z") == {"offset": 3}


def test_a_page_that_is_full_says_that_there_is_more(one: Connection) -> None:
    enqueue(one, {}, {}, {})
    first = read(one, after=0, limit=2)
    assert (len(first["events"]), first["offset"], first["more"]) == (2, 2, True)
    last = read(one, after=2, limit=2)
    assert (len(last["events"]), last["offset"], last.get("more")) == (1, 3, None)


def test_a_reader_that_waits_is_answered_by_the_first_event_that_matches(
    home: DaemonHome, one: Connection
) -> None:
    job_id, other = enqueue(one, {}, {})
    with home.connect() as follower:
        asked = {"job_ids": [job_id], "kinds": ["succeeded"], "wait_seconds": 60}
        send(follower, "events.read", asked)
        claim(one, job_id=job_id)
        one.call("job.complete", {"job_id": other})
        one.call("job.complete", {"job_id": job_id})
        page = answer(follower)
    assert [(each["job_id"], each["kind"]) for each in page["events"]] == [(job_id, "succeeded")]


def test_the_end_of_a_wait_says_where_to_go_on(one: Connection) -> None:
    enqueue(one)
    assert read(one, wait_seconds=0.05) == {"offset": 1}


def test_an_offset_the_history_has_not_come_to_is_refused(one: Connection) -> None:
    enqueue(one)
    for method in ("events.read", "events.subscribe"):
        with pytest.raises(DjobsError) as refusal:
            one.call(method, {"after": 2})
        assert refusal.value.code is ErrorCode.CONFLICT
        assert "ends at 1" in refusal.value.message


def test_an_offset_and_a_time_exclude_each_other(one: Connection) -> None:
    with pytest.raises(DjobsError, match="exclude each other"):
        read(one, after=0, since="2020-01-01T00:00:00Z")


def test_a_subscription_tells_of_what_it_was_asked_for(one: Connection, two: Connection) -> None:
    assert subscribe(two, correlation_id=FLOW, kinds=["succeeded"]) == 0
    (job_id,) = enqueue(one)
    one.call("job.enqueue", {"jobs": [{"type": "t"}], "correlation_id": "elsewhere"})
    one.call("job.complete", {"job_id": job_id})
    notice = two.next_notice()
    assert [each["kind"] for each in notice["events"]] == ["succeeded"]
    assert (notice["subscription"], notice["offset"]) == (1, 3)


def test_a_subscription_that_ends_says_where_to_go_on(one: Connection, two: Connection) -> None:
    subscribe(two)
    enqueue(one, {}, {})
    assert [each["seq"] for each in told(two, 2)] == [1, 2]
    assert two.call("events.unsubscribe", {"subscription": 1}) == {"subscription": 1, "offset": 2}
    enqueue(one)
    assert two.call("daemon.health")["total"] == 3
    with pytest.raises(DjobsError, match="no subscription 1"):
        two.call("events.unsubscribe", {"subscription": 1})
    assert two._notices == []


def test_a_connection_has_a_bounded_number_of_subscriptions(one: Connection) -> None:
    for _ in range(SUBSCRIPTIONS_MAX):
        subscribe(one)
    with pytest.raises(DjobsError) as refusal:
        subscribe(one)
    assert refusal.value.code is ErrorCode.BUSY


def test_a_reader_that_reads_nothing_holds_nobody_up_and_loses_nothing(
    home: DaemonHome, one: Connection
) -> None:
    with home.connect() as idle:
        subscribe(idle)
        before = home.rss()
        for _ in range(BATCHES):
            enqueue(one, *[{}] * BATCH)
        (job_id,) = enqueue(one)
        one.call("job.complete", {"job_id": job_id})  # answered, whoever reads or not
        grown = home.rss() - before
        numbers = [each["seq"] for each in told(idle, BATCH * BATCHES + 2)]
    assert numbers == list(range(1, BATCH * BATCHES + 3))
    assert grown < 64 * 1024 * 1024


def test_notices_fit_a_message_however_long_the_names(one: Connection, two: Connection) -> None:
    subscribe(two)
    name = "\U0001f4a1" * 4000
    job = {"type": "\U0001f4a1" * 200}
    jobs = [job] * EVENTS_PAGE_MAX
    one.call("job.enqueue", {"jobs": jobs, "correlation_id": name})
    assert {each["correlation_id"] for each in told(two, EVENTS_PAGE_MAX)} == {name}


@pytest.mark.parametrize("waits_for", ["events", "jobs"])
def test_who_follows_keeps_no_daemon_from_ending(daemon_home: DaemonHome, waits_for: str) -> None:
    daemon_home.start(DJOBS_DRAIN_S="600")
    with daemon_home.connect() as follower, daemon_home.connect() as other:
        subscribe(follower)
        if waits_for == "events":
            send(follower, "events.read", {"wait_seconds": 300})
        else:
            send(follower, "job.wait", {"job_ids": enqueue(other), "wait_seconds": 300})
        other.call("daemon.health")
        daemon_home.stop()


def test_what_is_told_during_a_call_is_kept(one: Connection, two: Connection) -> None:
    subscribe(two)
    enqueue(one)
    two.call("job.list", {})  # read after what the subscription tells of
    assert [each["seq"] for each in two._notices[0]["events"]] == [1]
    assert [each["seq"] for each in told(two, 1)] == [1]


def send(connection: Connection, method: str, params: dict[str, Any]) -> None:
    """Ask without waiting for the answer."""
    assert connection._link is not None
    line = wire.encode_call(99, method, params, timeout_ms=400_000)
    connection._link.send_line(line, time.monotonic() + PATIENCE_SECONDS)


def answer(connection: Connection) -> dict[str, Any]:
    """Return the result of what was sent."""
    assert connection._link is not None
    line = connection._link.read_line(time.monotonic() + PATIENCE_SECONDS)
    result: dict[str, Any] = json.loads(line)["result"]
    return result
