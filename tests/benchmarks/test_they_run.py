"""Every measure runs to its end and leaves nothing behind. No figure is judged here."""

import os
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from djobsctl.bench.bench import Bench
from djobsctl.bench.catalog import MEASURES
from djobsctl.bench.effort import Effort
from djobsctl.bench.home import BenchHome
from tests.harness.length import all_but_slow

TINY = Effort(
    starts=1,
    cold_starts=1,
    rounds=1,
    calls=8,
    jobs=32,
    batches=1,
    idle_seconds=0.05,
    backlog=600,
    aside=100,
)
TOLD = {"DJOBS_HOME": "/somewhere/real", "DJOBS_AGENT": "ann"}


@pytest.mark.parametrize("name", all_but_slow(2, MEASURES))
def test_a_measure_runs_and_cleans_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    make = tempfile.mkdtemp

    def make_and_note(*given: Any, **named: Any) -> str:
        made.append(make(*given, **named))
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_note)

    rows = MEASURES[name](Bench(TINY))

    assert rows
    assert all(row.ours >= 0 for row in rows)
    assert made
    assert [path for path in made if os.path.exists(path)] == []


def test_no_variable_leads_to_the_daemon_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in TOLD.items():
        monkeypatch.setenv(variable, value)

    with BenchHome() as home:
        assert home.environ["DJOBS_HOME"] == home.path != TOLD["DJOBS_HOME"]
        assert "DJOBS_AGENT" not in home.environ


def test_an_unknown_measure_is_refused_by_name() -> None:
    command = [sys.executable, "-m", "djobsctl", "bench", "nonsense"]
    done = subprocess.run(command, capture_output=True, timeout=50, check=False)

    assert done.returncode != 0
    assert b"'nonsense'" in done.stderr
