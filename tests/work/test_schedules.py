"""Jobs are made at times of day: by name, in a zone, once each, whatever becomes of the clock."""

from typing import Any

import pytest

from djobs_daemon.queue.schedules import MADE_UP_MAX
from djobs_daemon.scheduler.clock import Reading
from djobs_daemon.scheduler.loop import Scheduler
from djobs_protocol.errors import DjobsError
from tests.store.ledger_tools import ACTOR, OTHER
from tests.work.desk import AT, Desk

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DAEMON = ACTOR._replace(session="daemon-0001", kind="daemon", workspace="")
NIGHTLY: dict[str, Any] = {
    "name": "nightly",
    "cron": "0 3 * * *",
    "zone": "Europe/Berlin",
    "job": {"type": "report", "payload": {"n": 1}},
}
"""At 02:00 UTC. The desk's clock begins on 15 January 2027, 08:00 UTC."""


async def set_up(desk: Desk, actor: Any = ACTOR, **changes: Any) -> dict[str, Any]:
    return await desk.ask("schedule.set", actor, **{**NIGHTLY, **changes})


async def tick(desk: Desk, ms: int = 0) -> None:
    """Let time pass with the machine awake, and the scheduler look."""
    desk.clock.advance(ms)
    await Scheduler(desk.work, desk.store, DAEMON)._act()


async def jobs(desk: Desk) -> list[dict[str, Any]]:
    listed = await desk.ask("job.list", correlation_id=ACTOR.workspace, limit=500)
    return list(reversed(listed.get("jobs", [])))


async def only(desk: Desk, **asked: Any) -> dict[str, Any]:
    (found,) = (await desk.ask("schedule.list", **asked))["schedules"]
    assert isinstance(found, dict)
    return found


async def finish_all(desk: Desk) -> None:
    for job in await jobs(desk):
        if job["state"] == "pending":
            await desk.ask("job.complete", job_id=job["id"])


async def test_setting_one_answers_with_the_next_three_times(desk: Desk) -> None:
    answer = await set_up(desk)
    assert answer["upcoming"] == [f"2027-01-{day}T02:00:00Z" for day in (16, 17, 18)]
    assert "replaced" not in answer
    schedule = await only(desk)
    assert schedule == answer["schedule"]
    assert (schedule["workspace"], schedule["correlation_id"]) == (ACTOR.workspace,) * 2
    assert (schedule["missed"], schedule["overlap"]) == ("once", "skip")
    assert schedule["next_at"] == "2027-01-16T02:00:00Z"


async def test_a_run_makes_the_job_once_at_its_time_and_names_the_schedule(desk: Desk) -> None:
    await set_up(desk)
    await tick(desk, 18 * HOUR_MS - 1)
    assert await jobs(desk) == []
    await tick(desk, 1)
    await tick(desk)
    (job,) = await jobs(desk)
    assert (job["type"], job["payload"]) == ("report", {"n": 1})
    detail = await desk.ask("job.get", job_id=job["id"])
    assert detail["schedule"] == "nightly"
    (event,) = detail["events"]
    assert event["note"] == "schedule nightly, 2027-01-16 03:00+01:00"
    assert event["session"] == DAEMON.session
    schedule = await only(desk)
    assert schedule["next_at"] == "2027-01-17T02:00:00Z"
    assert (schedule["last_at"], schedule["last_job"]) == ("2027-01-16T02:00:00Z", job["id"])
    assert await desk.is_sound()


async def test_types_defaults_are_those_of_the_time_it_fires(desk: Desk) -> None:
    await set_up(desk)
    await desk.ask("type.set", type="report", priority=2)
    await tick(desk, 18 * HOUR_MS)
    assert [job["priority"] for job in await jobs(desk)] == [2]


@pytest.mark.parametrize(
    ("missed", "made"), [("skip", []), ("once", [18]), ("all", [16, 17, 18])], ids=str
)
async def test_runs_that_were_missed_are_made_up_as_the_policy_says(
    desk: Desk, missed: str, made: list[int]
) -> None:
    await set_up(desk, missed=missed, overlap="allow")
    await tick(desk, 3 * DAY_MS)
    notes = [
        (await desk.ask("job.get", job_id=job["id"]))["events"][0]["note"]
        for job in await jobs(desk)
    ]
    assert notes == [f"schedule nightly, 2027-01-{day} 03:00+01:00" for day in made]
    assert (await only(desk))["next_at"] == "2027-01-19T02:00:00Z"
    await tick(desk)
    assert len(await jobs(desk)) == len(made)


async def test_a_run_that_is_a_little_late_is_not_a_missed_one(desk: Desk) -> None:
    await set_up(desk, missed="skip")
    await tick(desk, 18 * HOUR_MS + 2 * MINUTE_MS)
    assert len(await jobs(desk)) == 1
    await finish_all(desk)
    await tick(desk, DAY_MS + 1)
    assert len(await jobs(desk)) == 1


async def test_no_more_runs_are_made_up_at_once_than_the_bound(desk: Desk) -> None:
    await set_up(desk, cron="* * * * *", missed="all")
    await tick(desk, (MADE_UP_MAX + 20) * MINUTE_MS)
    assert len(await jobs(desk)) == MADE_UP_MAX
    await tick(desk, MINUTE_MS)
    assert len(await jobs(desk)) == MADE_UP_MAX + 1


async def test_a_run_is_left_out_while_the_job_before_it_is_open(desk: Desk) -> None:
    await set_up(desk)
    await tick(desk, DAY_MS)
    await tick(desk, DAY_MS)
    (first,) = await jobs(desk)
    assert (await only(desk))["last_at"] == "2027-01-16T02:00:00Z"
    await desk.ask("job.complete", job_id=first["id"])
    await tick(desk, DAY_MS)
    assert len(await jobs(desk)) == 2


async def test_where_jobs_may_overlap_every_run_makes_one(desk: Desk) -> None:
    await set_up(desk, overlap="allow")
    for _ in range(3):
        await tick(desk, DAY_MS)
    assert len(await jobs(desk)) == 3


async def test_a_clock_that_goes_back_makes_no_run_twice(desk: Desk) -> None:
    await set_up(desk, cron="0 * * * *", overlap="allow")
    await tick(desk, HOUR_MS)
    assert len(await jobs(desk)) == 1
    await set_wall(desk, -2 * HOUR_MS)
    await tick(desk, HOUR_MS)
    assert len(await jobs(desk)) == 1
    await tick(desk, 2 * HOUR_MS)
    assert len(await jobs(desk)) == 2


async def set_wall(desk: Desk, ms: int) -> None:
    """Set the wall clock, and let the scheduler notice."""
    before = desk.clock.now
    desk.clock.advance(ms)
    readings = [Reading(before, before, before), Reading(before + ms, before, before)]
    scheduler = Scheduler(desk.work, desk.store, DAEMON)
    desk.work.clock._set_at = readings[0]
    clock, desk.work.clock._clock = desk.work.clock._clock, _Fixed(readings[1])
    await scheduler._act()
    desk.work.clock._clock = clock
    desk.work.clock._set_at = clock.read()


class _Fixed:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def read(self) -> Reading:
        return self.reading


async def test_after_a_clock_that_was_a_year_ahead_it_does_not_sleep_for_a_year(
    desk: Desk,
) -> None:
    await set_up(desk)
    await set_wall(desk, 365 * DAY_MS)
    assert (await only(desk))["next_at"].startswith("2028-01-16")
    await finish_all(desk)
    await set_wall(desk, -365 * DAY_MS)
    assert (await only(desk))["next_at"] == "2027-01-16T02:00:00Z"
    await tick(desk, DAY_MS)
    assert len(await jobs(desk)) == 2


async def test_a_daemon_that_starts_makes_up_what_it_missed_once(desk: Desk) -> None:
    await set_up(desk)
    desk.clock.advance(10 * DAY_MS)
    for _ in range(2):
        scheduler = Scheduler(desk.work, desk.store, DAEMON)
        await scheduler._put_schedules_right()
        await scheduler._act()
    assert len(await jobs(desk)) == 1


async def test_a_schedule_is_replaced_by_its_name_and_keeps_its_jobs(desk: Desk) -> None:
    await set_up(desk)
    await tick(desk, DAY_MS)
    (job,) = await jobs(desk)
    answer = await set_up(desk, cron="@weekly", job={"type": "other"})
    assert answer["replaced"]
    schedule = await only(desk)
    assert (schedule["cron"], schedule["job"]) == ("@weekly", {"type": "other"})
    assert (schedule["last_job"], schedule["next_at"]) == (job["id"], "2027-01-16T23:00:00Z")


async def test_setting_it_once_more_loses_no_run_that_is_just_due(desk: Desk) -> None:
    await set_up(desk)
    desk.clock.advance(18 * HOUR_MS)
    await set_up(desk)
    await tick(desk)
    assert len(await jobs(desk)) == 1


async def test_what_comes_due_while_it_is_paused_is_not_missed(desk: Desk) -> None:
    await set_up(desk)
    paused = await desk.ask("schedule.pause", name="nightly")
    assert "upcoming" not in paused
    assert "next_at" not in paused["schedule"]
    since = paused["schedule"]["paused_at"]
    await tick(desk, DAY_MS)
    again = await desk.ask("schedule.pause", name="nightly")
    assert again["schedule"]["paused_at"] == since
    resumed = await desk.ask("schedule.pause", name="nightly", paused=False)
    assert resumed["upcoming"][0] == "2027-01-17T02:00:00Z"
    await tick(desk)
    assert await jobs(desk) == []
    await tick(desk, DAY_MS)
    assert len(await jobs(desk)) == 1


async def test_one_that_is_paused_stays_so_when_it_is_set_anew_unless_that_is_said(
    desk: Desk,
) -> None:
    await set_up(desk, paused=True)
    await tick(desk, DAY_MS)
    answer = await set_up(desk, cron="0 4 * * *")
    assert "paused_at" in answer["schedule"]
    assert "upcoming" not in answer
    await tick(desk, DAY_MS)
    assert await jobs(desk) == []
    await set_up(desk, paused=False)
    await tick(desk, DAY_MS)
    assert len(await jobs(desk)) == 1


async def test_a_removed_schedule_leaves_its_jobs(desk: Desk) -> None:
    await set_up(desk)
    await tick(desk, DAY_MS)
    removed = await desk.ask("schedule.remove", name="nightly")
    assert removed == {"name": "nightly", "workspace": ACTOR.workspace}
    (job,) = await jobs(desk)
    assert "schedule" not in await desk.ask("job.get", job_id=job["id"])
    assert "schedules" not in await desk.ask("schedule.list")
    assert await desk.is_sound()
    with pytest.raises(DjobsError, match="There is no schedule 'nightly' in /home/ann/project"):
        await desk.ask("schedule.remove", name="nightly")


async def test_a_name_belongs_to_its_workspace(desk: Desk) -> None:
    await set_up(desk)
    await set_up(desk, AT, cron="@hourly")
    assert len((await desk.ask("schedule.list"))["schedules"]) == 2
    assert (await only(desk, workspace="/another/"))["cron"] == "@hourly"
    nowhere = OTHER._replace(workspace="", session="session-of-eve-0007")
    with pytest.raises(DjobsError, match="Several workspaces have a schedule 'nightly'"):
        await desk.ask("schedule.remove", nowhere, name="nightly")
    await desk.ask("schedule.remove", nowhere, name="nightly", workspace="/another")
    await desk.ask("schedule.remove", nowhere, name="nightly")
    assert "schedules" not in await desk.ask("schedule.list")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cron": "0 3 * *"}, "it has 4 fields"),
        ({"cron": "0 0 3 * * *"}, "it has 6 fields"),
        ({"cron": "0 25 * * *"}, "bad hour"),
        ({"cron": "0 0 31 2 *"}, "cannot be read"),
        ({"cron": "0 0 */31 * MON#5"}, "never comes"),
        ({"zone": "Europe/Atlantis"}, "zone 'Europe/Atlantis' is unknown; expected an IANA name"),
        ({"zone": "../../etc/passwd"}, "is unknown"),
        ({"zone": "Europe"}, "is unknown"),
        ({"missed": "all", "overlap": "skip"}, "expected one of the two"),
        ({"job": {"type": "t", "depends_on": ["j1"]}}, "depends_on makes no sense in a schedule"),
        ({"job": {"type": "t", "idempotency_key": "k"}}, "idempotency_key makes no sense"),
        ({"job": {"type": "t", "delay_seconds": 5}}, "delay_seconds makes no sense"),
        ({"job": {"type": "t", "run_at": "2027-01-15T08:00:00Z"}}, "run_at makes no sense"),
        ({"job": {"type": "t", "resource_scope": "everywhere"}}, "there is no resource_key"),
        ({"job": {"type": "t", "payload": "x" * 300_000}}, "PAYLOAD_BYTES_MAX"),
        ({"name": "ghp_" + "a1B2" * 9}, "name holds what looks like a secret"),
    ],
)
async def test_what_makes_no_sense_is_refused_when_it_is_set(
    desk: Desk, changes: dict[str, Any], text: str
) -> None:
    with pytest.raises(DjobsError, match=text.replace("(", r"\(")):
        await set_up(desk, **changes)
    assert "schedules" not in await desk.ask("schedule.list")


async def test_a_secret_in_the_payload_is_replaced_before_it_is_kept(desk: Desk) -> None:
    secret = "ghp_" + "a1B2" * 9
    answer = await set_up(desk, job={"type": "t", "payload": {"token": secret}})
    assert answer["redacted"] == 1
    assert secret not in str(await desk.ask("schedule.list"))


async def test_there_is_a_most_number_of_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("djobs_daemon.rpc.handlers.schedules.SCHEDULES_MAX", 5)
    for number in range(5):
        await set_up(desk, name=f"s{number}", zone="UTC")
    with pytest.raises(DjobsError, match="the most there may be"):
        await set_up(desk)
    await set_up(desk, name="s3", cron="@daily")


async def test_one_whose_zone_is_gone_rests_and_holds_nobody_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(desk)
    await set_up(desk, name="other", zone="UTC", cron="0 2 * * *")
    with monkeypatch.context() as patch:
        patch.setattr("djobs_daemon.queue.zones._find", lambda _: None)
        await tick(desk, DAY_MS)
    other, nightly = reversed((await desk.ask("schedule.list"))["schedules"])
    assert "next_at" not in nightly
    assert other["last_at"] == "2027-01-16T02:00:00Z"
    await Scheduler(desk.work, desk.store, DAEMON)._put_schedules_right()
    listed = (await desk.ask("schedule.list"))["schedules"]
    assert [each["next_at"] for each in listed] == ["2027-01-17T02:00:00Z"] * 2
