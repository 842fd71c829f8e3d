"""A kill before any SQL statement of any request leaves all of the request or nothing of it.

After SQLite's own tests: move the point of failure later each time, until the end. An ordinary run
takes every sixth statement from one that chance names; ``DJOBS_LENGTH=6`` takes all.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_local.backups import generations
from tests.crash.looking import every_row
from tests.crash.nursery import migrations_of, play
from tests.crash.scenarios import GONE, NEXT, SCENARIOS, open_store, prepare
from tests.harness.quick_folder import quick_folder
from tests.store.ledger_tools import ACTOR, OTHER

ROOT = Path(__file__).parents[2]
WALK_SECONDS_MAX = 50


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as path:
        yield path


async def template_in(folder: Path) -> tuple[Path, list[str]]:
    """Return a folder with a filled ledger, and the ids in it."""
    place = folder / "template"
    place.mkdir()
    async with open_store(str(place / "jobs.db")) as store:
        return place, await prepare(store)


def walk(name: str, template: Path, folder: Path, ids: list[str]) -> list[Path]:
    """Crash at every statement; return the ledgers left behind, the last one undisturbed."""
    places = folder / "points"
    places.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.nursery", name, template, places, json.dumps(ids)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WALK_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    points = sorted(int(place.name) for place in places.iterdir())
    assert points[-1] == int(done.stdout)
    return [places / str(point) / "jobs.db" for point in points]


def answers(path: Path) -> dict[str, str]:
    """Return the acknowledged answers by request number."""
    try:
        lines = Path(f"{path}.answers").read_text().splitlines()
    except FileNotFoundError:
        return {}
    told = [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]
    assert len(set(told)) == len({number for number, _ in told})
    return dict(told)


def different(paths: list[Path]) -> list[Path]:
    """Return one of those ledgers that hold the same, row by row and answer by answer.

    Every statement of a transaction leaves what was there before it, and from the same rows the
    rest goes the same way: the clock is held, and nothing else comes from outside.
    """
    found = {repr((every_row(path), answers(path))): path for path in paths}
    return list(found.values())


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_request_is_whole_or_not_there(name: str, folder: Path) -> None:
    template, ids = await template_in(folder)
    *crashed, undisturbed = walk(name, template, folder, ids)
    assert crashed
    expected = every_row(undisturbed)
    async with open_store(str(undisturbed)) as store:
        assert (await store.check()).problems == []
    for path in different(crashed):
        async with open_store(str(path)) as store:
            assert (await store.check()).problems == [], path
        await play(name, str(path), ids)  # the client sends again what was not acknowledged
        assert every_row(path) == expected, path  # which is sound
        assert answers(path) == answers(undisturbed)


async def test_a_refused_request_leaves_no_row(folder: Path) -> None:
    template, ids = await template_in(folder)
    *_, undisturbed = walk("refused_after_writing", template, folder, ids)
    assert every_row(undisturbed) == every_row(template / "jobs.db")


async def test_a_request_refused_within_a_group_leaves_no_row(folder: Path) -> None:
    template, ids = await template_in(folder)
    *_, undisturbed = walk("group_with_one_refused", template, folder, ids)
    sessions = [row[1] for row in every_row(undisturbed)["sessions"]]
    assert sorted(sessions) == sorted([GONE.session, ACTOR.session, OTHER.session])


async def test_a_new_database_is_whole_or_not_there(folder: Path) -> None:
    template = folder / "template"
    template.mkdir()
    *crashed, _ = walk("create", template, folder, [])
    assert len(crashed) > 8
    for path in crashed:
        async with open_store(str(path)) as store:
            assert (await store.check()).problems == []
        assert {each.name for each in path.parent.iterdir()} <= {"jobs.db", "jobs.db.answers"}


async def test_a_half_run_migration_is_completed_and_the_old_file_kept(folder: Path) -> None:
    template, ids = await template_in(folder)
    *crashed, _ = walk("migrate", template, folder, ids)
    newest = migrations_of("migrate")
    assert len(crashed) > 2
    for path in crashed:
        async with open_store(str(path), newest) as store:
            report = await store.check()
            assert (report.problems, report.schema) == ([], NEXT.number)
            assert len(await store.read(lambda view: view.states_of(ids))) == len(ids)
        assert generations(f"{path}-backups"), "a migration ran without a copy"
