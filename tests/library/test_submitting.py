"""A program that hands work to the daemon and reads what it prints, under asyncio and trio."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from djobs import Client, DjobsError, ErrorCode, JobState
from djobs_protocol.values import Retry
from tests.harness.daemon import DaemonHome
from tests.harness.length import all_but_slow

pytestmark = pytest.mark.anyio

UNTIL = 'while [ ! -e "$0" ]; do sleep 0.02; done'
"""Waits for the file that is the script's name."""


@pytest.fixture(scope="module", params=all_but_slow(1, ["asyncio", "trio"]))
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(daemon_home: DaemonHome, monkeypatch: pytest.MonkeyPatch) -> DaemonHome:
    monkeypatch.setenv("DJOBS_HOME", daemon_home.state)
    monkeypatch.setenv("DJOBS_START_BACKOFF_MAX_S", "0")
    return daemon_home


def client(home: DaemonHome, workspace: Path) -> Client:
    return Client(home=home.state, workspace=str(workspace))


async def followed(djobs: Client, job_id: str, **asked: Any) -> bytes:
    with anyio.fail_after(50):
        return b"".join([piece async for piece in djobs.follow_log(job_id, **asked)])


async def test_a_command_is_handed_over_and_its_output_followed_to_its_end(
    home: DaemonHome, tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    script = ["sh", "-c", f"printf 'a\\377b'; {UNTIL}; pwd; exit 3", str(tmp_path / "go")]
    async with client(home, tmp_path) as djobs:
        job = await djobs.submit(script, cwd="sub", max_duration_seconds=60)
        assert (job.state, job.existing) == (JobState.PENDING, False)
        pieces = djobs.follow_log(job.id)
        first = await anext(pieces)
        (tmp_path / "go").touch()
        rest = b"".join([piece async for piece in pieces])
        assert first + rest == b"a\xffb" + str(tmp_path.resolve() / "sub").encode() + b"\n"
        done = (await djobs.wait([job.id])).jobs[0]
        stored = (await djobs.get(job.id)).job
    assert done.state is JobState.FAILED
    assert (stored.exit_code, stored.max_duration_seconds, stored.attempt) == (3, 60, 1)


async def test_a_page_of_output_is_read_from_either_end(home: DaemonHome, tmp_path: Path) -> None:
    async with client(home, tmp_path) as djobs:
        job = await djobs.submit("echo 0123456789")
        assert await followed(djobs, job.id, after=4) == b"456789\n"
        assert await followed(djobs, job.id, after=-3) == b"89\n"
        page = await djobs.log(job.id, 2, limit_bytes=3)
    assert (page.data, page.offset, page.next_offset, page.end) == (b"234", 2, 5, 11)
    assert (page.generation, page.last_generation, page.ended) == (1, 1, True)


async def test_following_goes_on_with_every_attempt_and_one_attempt_alone_can_be_read(
    home: DaemonHome, tmp_path: Path
) -> None:
    script = ["sh", "-c", "echo x >> tries; n=$(wc -l < tries); echo try $n; [ $n -ge 3 ]"]
    async with client(home, tmp_path) as djobs:
        job = await djobs.submit(script, max_attempts=5, retry=Retry(base_seconds=0))
        assert await followed(djobs, job.id) == b"try 1\ntry 2\ntry 3\n"
        assert await followed(djobs, job.id, generation=2) == b"try 2\n"
        assert await followed(djobs, job.id) == b"try 3\n"


async def test_following_outlives_the_daemon(home: DaemonHome, tmp_path: Path) -> None:
    script = ["sh", "-c", f"echo begun; {UNTIL}; echo over", str(tmp_path / "go")]
    async with client(home, tmp_path) as djobs:
        job = await djobs.submit(script)
        pieces = djobs.follow_log(job.id)
        assert await anext(pieces) == b"begun\n"
        await anyio.to_thread.run_sync(home.kill9)
        (tmp_path / "go").touch()
        assert b"".join([piece async for piece in pieces]) == b"over\n"
    assert len(home.births()) == 2


async def test_following_what_is_cancelled_before_it_begins_ends(
    home: DaemonHome, tmp_path: Path
) -> None:
    found: list[bytes] = []

    async def follow() -> None:
        found.append(await followed(djobs, job.id))

    async with client(home, tmp_path) as djobs:
        job = await djobs.submit("true", delay_seconds=3600)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await djobs.cancel(job.id)
    assert found == [b""]


async def test_what_is_submitted_twice_under_one_key_is_one_job(
    home: DaemonHome, tmp_path: Path
) -> None:
    async with client(home, tmp_path) as djobs:
        first = await djobs.submit("true", idempotency_key="nightly")
        again = await djobs.submit("true", idempotency_key="nightly")
        assert (again.id, again.existing) == (first.id, True)


@pytest.mark.parametrize(
    ("spec", "options", "reason"),
    [
        ("a | b", {}, "does not go through a shell"),
        ([], {}, "spec is empty"),
        ("true", {"options": {"colour": "red"}}, "colour"),
        ("true", {"type": "paint"}, "no executor for the type 'paint'"),
        ("true", {"depends_on": "j1ab"}, "expected is a list"),
        ("true", {"max_duration_seconds": 0}, "max_duration_seconds"),
    ],
)
async def test_what_could_never_be_run_is_refused_and_nothing_is_recorded(
    home: DaemonHome, tmp_path: Path, spec: Any, options: dict[str, Any], reason: str
) -> None:
    async with client(home, tmp_path) as djobs:
        with pytest.raises(DjobsError) as refusal:
            await djobs.submit(spec, **options)
        assert refusal.value.code is ErrorCode.INVALID_PARAMS
        assert reason in refusal.value.message
        assert (await djobs.health()).total == 0


async def test_a_job_that_djobs_does_not_run_has_no_log(home: DaemonHome, tmp_path: Path) -> None:
    async with client(home, tmp_path) as djobs:
        job_id = await djobs.enqueue("review")
        with pytest.raises(DjobsError, match="has no log"):
            await followed(djobs, job_id)
