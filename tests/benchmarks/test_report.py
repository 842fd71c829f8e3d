"""The table names every figure, its baseline and its verdict."""

from typing import Any

from djobsctl.bench.report import figure, report
from djobsctl.bench.row import Row, Target
from djobsctl.present.screen import Screen

QUIET: dict[str, Any] = {
    "cpu": "this machine",
    "cores": 2,
    "python": "3.11",
    "system": "Linux",
    "fsync_ms": 0.1,
    "stalled_percent": 0.0,
}
PLAIN = Screen(None, color=False, now=0.0)
MISSED = Row("start: x", 30.0, "ms", 10.0, "bare", Target("ratio", 2.0))
HELD = Row("memory", 9.5, "MB", target=Target("value", 12.0))


def shown(*rows: Row, **machine: Any) -> str:
    document = {"machine": {**QUIET, **machine}, "rows": [row.as_document() for row in rows]}
    return report(document, PLAIN)


def test_a_missed_target_is_shown_with_its_ratio() -> None:
    (line,) = [line for line in shown(MISSED, HELD).splitlines() if "start: x" in line]

    assert line.split() == ["start:", "x", "30", "ms", "10", "ms", "3.00", "<=", "2", "x", "MISSES"]


def test_a_value_is_held_against_its_own_bound() -> None:
    assert "<= 12 MB  holds" in shown(HELD)


def test_the_peer_has_a_column_only_when_it_was_measured() -> None:
    assert "DJOBS 0.22.0" not in shown(HELD)
    assert "60 MB" in shown(HELD._replace(peer=60.0))


def test_each_baseline_is_explained_once() -> None:
    assert shown(MISSED, MISSED).count("bare: start") == 1


def test_a_busy_machine_is_said_to_be_busy() -> None:
    assert "busy" not in shown(HELD, stalled_percent=3.0)
    assert "busy" in shown(HELD, stalled_percent=3.0, stalled_percent_after=60.0)


def test_figures_have_the_digits_that_mean_something() -> None:
    assert figure(0.5134, "ms") == "0.513 ms"
    assert figure(17_052.3, "/s") == "17,052 /s"
    assert figure(None, "ms") == ""
