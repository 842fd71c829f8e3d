"""Sixteen sessions take jobs from one queue while they, and the daemon, are ended at random.

No job is claimed twice under one number, none is lost, none is reported twice, and what a session
left behind is taken up by another.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

import anyio
import pytest

from djobs import Client, DjobsError, ErrorCode, JobState, NewJob
from tests.harness.daemon import DaemonHome

SESSIONS = 16
FLOW = "shared"
WAIT_SECONDS = 0.5
LEASE_SECONDS = 2.0
"""A session that leaves while there is no daemon is not missed: its process lives on."""
LEAVES = 0.2
"""Of the claims, after which a session just leaves."""


@dataclass
class Seen:
    """What the sessions saw."""

    claims: Counter[tuple[str, int]] = field(default_factory=Counter)
    reports: Counter[str] = field(default_factory=Counter)
    stale: int = 0
    left: int = 0
    kills: int = 0


async def work(home: DaemonHome, seen: Seen, jobs: int, chance: random.Random) -> None:
    """Be one session after another until everything is done."""
    while seen.reports.total() < jobs:
        # As long as all the kills take: a session may be unlucky with every daemon.
        async with Client(home=home.state, timeout_seconds=240) as client:
            await be_a_session(client, seen, jobs, chance)


async def be_a_session(client: Client, seen: Seen, jobs: int, chance: random.Random) -> None:
    while seen.reports.total() < jobs:
        job = await client.claim(
            correlation_id=FLOW, wait_seconds=WAIT_SECONDS, lease_seconds=LEASE_SECONDS
        )
        if job is None:
            continue
        assert job.holder is not None
        seen.claims[job.id, job.holder.generation] += 1
        if chance.random() < LEAVES:
            seen.left += 1
            return
        try:
            await client.complete(job.id, evidence=f"generation {job.holder.generation}")
            seen.reports[job.id] += 1
        except DjobsError as error:
            if error.code not in (ErrorCode.NOT_HOLDER, ErrorCode.STALE_GENERATION):
                raise
            seen.stale += 1


async def kill(home: DaemonHome, seen: Seen, times: int, chance: random.Random) -> None:
    for _ in range(times):
        await anyio.sleep(chance.uniform(0.1, 0.6))
        await anyio.to_thread.run_sync(home.wait_ready)  # a start that fails is told to everybody
        await anyio.to_thread.run_sync(home.kill9)
        seen.kills += 1


@pytest.mark.parametrize(
    ("jobs", "kills"),
    [(300, 5), pytest.param(6_000, 60, marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
)
async def test_sixteen_sessions_share_a_queue_and_nothing_is_lost_or_done_twice(
    daemon_home: DaemonHome,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    jobs: int,
    kills: int,
) -> None:
    monkeypatch.setenv("DJOBS_HOME", daemon_home.state)
    monkeypatch.setenv("DJOBS_START_BACKOFF_MAX_S", "0")
    chance, seen = random.Random(16), Seen()
    async with Client(home=daemon_home.state, timeout_seconds=40) as boss:
        for _ in range(jobs // 100):
            await boss.enqueue_many([NewJob(type="t", max_attempts=100)] * 100, correlation_id=FLOW)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(kill, daemon_home, seen, kills, chance)
            for number in range(SESSIONS):
                tasks.start_soon(work, daemon_home, seen, jobs, random.Random(number))
        counts = (await boss.health()).counts
    with daemon_home.connect() as connection:
        report = connection.call("db.check", {}, 60)
    with capsys.disabled():
        print(f"\n{seen.kills} kills, {seen.left} sessions left with a job in hand, "  # noqa: T201
              f"{seen.claims.total()} claims, {seen.stale} stale reports refused")  # fmt: skip
    assert counts == {JobState.SUCCEEDED: jobs}
    assert max(seen.claims.values()) == 1, "one claim was given to two"
    assert max(seen.reports.values()) == 1, "one job was reported twice"
    assert seen.left > jobs * LEAVES / 4
    assert report["ok"], report
