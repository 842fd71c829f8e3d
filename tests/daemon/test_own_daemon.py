"""The guard around the account's own daemon sees whatever a test could do to it (R29)."""

import pytest

from tests.harness import real
from tests.harness.daemon import DaemonHome


@pytest.fixture
def mine(daemon_home: DaemonHome, monkeypatch: pytest.MonkeyPatch) -> DaemonHome:
    """Return a home that stands for the account's own, in CI."""
    monkeypatch.setenv("CI", "true")
    return daemon_home


def test_nothing_seen_is_the_same_twice(mine: DaemonHome) -> None:
    assert real.look(mine.state) == real.look(mine.state)
    mine.start()
    seen = real.look(mine.state)
    assert (seen.instance, seen.jobs) == (mine.instance(), 0)
    assert real.look(mine.state) == seen


def test_a_start_a_restart_and_a_write_are_seen(mine: DaemonHome) -> None:
    seen = [real.look(mine.state)]
    mine.start()
    seen.append(real.look(mine.state))
    with mine.connect() as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "x"}], "correlation_id": "w"})
    seen.append(real.look(mine.state))
    mine.kill9()
    seen.append(real.look(mine.state))
    mine.start()
    seen.append(real.look(mine.state))
    assert all(each.compared() != real.look(mine.state).compared() for each in seen[:-1])
    assert len(set(seen)) == len(seen)
    assert seen[1].changed_ns != seen[2].changed_ns


def test_outside_of_ci_its_owner_may_work_but_not_lose_it(
    mine: DaemonHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI")
    mine.start()
    before = real.look(mine.state)
    with mine.connect() as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "x"}], "correlation_id": "w"})
    assert real.look(mine.state).compared() == before.compared()
    mine.kill9()
    assert real.look(mine.state).compared() != before.compared()
