"""An agent's name, once a session has registered it, is on all that the session does."""

from typing import Any

from djobs_local.call import connect
from tests.harness.daemon import DaemonHome
from tests.store.ledger_tools import ACTOR
from tests.work.desk import AT, Desk

LONG_AGO, FAR_OFF = "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"


async def agents_of(desk: Desk, job_id: str) -> list[str | None]:
    events = (await desk.ask("job.get", job_id=job_id))["events"]
    return [event.get("agent") for event in events]


async def test_what_a_session_does_after_it_registered_is_its_agent_s(desk: Desk) -> None:
    await desk.enqueue({"type": "u"}, actor=AT)
    (before,) = await desk.enqueue({}, actor=AT)
    await desk.ask("agent.register", AT, agent_id="ann")
    (after,) = await desk.enqueue({}, actor=AT)
    claimed = (await desk.ask("job.claim", AT, job_id=after))["job"]

    assert (await agents_of(desk, before), await agents_of(desk, after)) == (
        [None],
        ["ann", "ann"],
    )
    assert claimed["holder"]["agent"] == "ann"
    assert (
        await desk.ask("audit.query", agent="ann", summary=True, since=LONG_AGO, until=FAR_OFF)
    )["total"] == 2


async def test_another_session_is_not_labelled_and_another_name_takes_its_place(
    desk: Desk,
) -> None:
    await desk.ask("agent.register", AT, agent_id="ann")
    (theirs,) = await desk.enqueue({}, actor=ACTOR)
    await desk.ask("agent.register", AT, agent_id="bob")
    (mine,) = await desk.enqueue({}, actor=AT)

    assert await agents_of(desk, theirs) == [ACTOR.agent]
    assert await agents_of(desk, mine) == ["bob"]


def test_a_label_outlives_the_daemon(daemon_home: DaemonHome) -> None:
    as_ann: dict[str, Any] = {"session": "session-of-ann-1234", "workspace": "/w", "client": "x"}
    with connect(daemon_home.state, **as_ann) as connection:
        connection.call("agent.register", {"agent_id": "ann"})
    daemon_home.kill9()
    with connect(daemon_home.state, **as_ann) as connection:
        connection._last_id = 9  # the first numbers are taken
        (job,) = connection.call("job.enqueue", {"jobs": [{"type": "t"}]})["jobs"]
        (event,) = connection.call("job.get", {"job_id": job["id"]})["events"]
    assert event["agent"] == "ann"
