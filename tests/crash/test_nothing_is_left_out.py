"""The walk over all statements passes every request that writes and every statement they run."""

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from djobs_daemon.rpc.connection import decode_request
from djobs_protocol.envelope import Call
from djobs_protocol.requests import METHODS, Request
from tests.crash import asking
from tests.crash.asking import Asking, HeldClock
from tests.crash.looking import CHANGING, noting, written_in_the_store
from tests.crash.nursery import play
from tests.crash.scenarios import NEWCOMER, SCENARIOS, enqueued_ids, open_store, prepare
from tests.harness.quick_folder import quick_folder
from tests.store.ledger_tools import ACTOR, OTHER

READS: dict[str, dict[str, Any]] = {
    "job.get": {"job_id": "none"},
    "job.list": {},
    "job.explain": {"job_id": "none"},
    "job.log": {"job_id": "none"},
    "job.apply": {"job_id": "none"},  # it writes by djobs_files, whose tests let it die
    "job.undo": {"job_id": "none"},  # likewise
    "queue.stats": {},
    "queue.overview": {},
    "session.brief": {"folder": "/"},
    "agent.list": {},
    "session.resume": {"correlation_id": "none"},
    "audit.query": {},
    "queue.pauses": {},
    "type.list": {},
    "schedule.list": {},
    "notice.list": {},
    "job.stale": {},
    "limit.list": {},
    "budget.list": {},
    "job.wait": {"job_ids": ["none"]},
    "events.read": {"after": 0},
    "events.subscribe": {},
    "events.unsubscribe": {"subscription": 1},
    "daemon.health": {},
    "daemon.status": {},
    "daemon.settings": {},
    "daemon.stop": {},
    "daemon.hand_over": {},
    "db.check": {},
    "db.backup": {},
}
WORKLOAD_REQUESTS = 150


@pytest.fixture
def path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder / "jobs.db"


class Passed(NamedTuple):
    """What the walk dies before, opening a database included."""

    statements: set[str]
    methods: set[str]


@pytest.fixture
async def passed(path: Path, monkeypatch: pytest.MonkeyPatch) -> Passed:
    methods: set[str] = set()

    def decode_and_note(call: Call) -> Request:
        methods.add(call.method)
        return decode_request(call)

    template = path.parent / "template"
    template.mkdir()
    async with open_store(str(template / "jobs.db")) as store:
        ids = await prepare(store)
    with monkeypatch.context() as patches, noting() as statements:
        patches.setattr(asking, "decode_request", decode_and_note)
        await play("create", str(path.parent / "created.db"), [])
        for name in SCENARIOS:
            place = shutil.copytree(template, path.parent / name)
            await play(name, str(place / "jobs.db"), ids)
    return Passed(statements, methods)


async def random_requests(client: Asking, chance: random.Random) -> None:
    """Send requests of every writing kind, most of which can be granted."""
    ids: list[str] = []

    def hear(_: str, answer: bytes) -> None:
        if answer.startswith(b'{"correlation_id"'):
            ids.extend(enqueued_ids(answer))

    client.tell = hear
    for number in map(str, range(WORKLOAD_REQUESTS)):
        actor = chance.choice([ACTOR, OTHER, NEWCOMER])
        if not ids or chance.random() < 0.5:
            jobs = [random_job(ids, chance) for _ in range(chance.randint(1, 3))]
            await client.enqueue(number, *jobs, actor=actor)
        else:
            report = chance.choice([client.complete, client.fail])
            await report(number, chance.choice([*ids, "no-such-job"]), actor)
    assert len(ids) > WORKLOAD_REQUESTS / 4


def random_job(ids: list[str], chance: random.Random) -> dict[str, Any]:
    job: dict[str, Any] = {"type": chance.choice("ab"), "priority": chance.randint(1, 10)}
    if chance.random() < 0.5:
        job["depends_on"] = chance.sample(ids, min(len(ids), 2))
    if chance.random() < 0.3:
        job["idempotency_key"] = chance.choice("xyz")
    return job


async def test_the_scenarios_run_every_statement_that_changes_rows(passed: Passed) -> None:
    written = written_in_the_store()
    missing = [text for text in written if not is_among(text, passed.statements)]
    assert len(written) > 12
    assert missing == []


def is_among(text: str, statements: set[str]) -> bool:
    pattern = re.compile(re.escape(text).replace(re.escape("*"), ".+"))
    return any(pattern.fullmatch(statement) for statement in statements)


async def test_random_requests_run_no_statement_that_the_scenarios_do_not(
    passed: Passed, path: Path
) -> None:
    with noting() as seen:
        async with open_store(str(path)) as store:
            client = Asking(store, HeldClock(), lambda *_: None, [])
            await random_requests(client, random.Random(1))
    assert seen - passed.statements == set()


async def test_every_method_is_in_the_walk_or_changes_no_row(passed: Passed, path: Path) -> None:
    assert READS.keys() | passed.methods == METHODS.keys()
    with noting() as seen:
        async with open_store(str(path)) as store:
            await prepare(store)
            client = Asking(store, HeldClock(), lambda *_: None, [])
            seen.clear()
            for method, params in READS.items():
                await client.ask(method, method, **params)
            assert [text for text in seen if CHANGING.match(text)] == []
            await client.enqueue("1", {})
            assert [text for text in seen if CHANGING.match(text)]
