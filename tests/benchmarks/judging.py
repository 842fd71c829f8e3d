"""Run a measure under pytest-benchmark and hold every row against its target."""

from typing import Any

import pytest

from djobsctl.bench import machine
from djobsctl.bench.bench import Bench
from djobsctl.bench.catalog import MEASURES
from djobsctl.bench.effort import QUICK
from djobsctl.bench.report import report
from djobsctl.present.screen import Screen

MEASURE_SECONDS_MAX = 300


def judge(benchmark: Any, name: str) -> None:
    """Measure, print the table, and fail naming what misses its target."""
    rows = benchmark.pedantic(MEASURES[name], args=(Bench(QUICK),), rounds=1, iterations=1)
    document = {"machine": machine.describe(), "rows": [row.as_document() for row in rows]}
    table = report(document, Screen(None, color=False, now=0.0))
    benchmark.extra_info["rows"] = document["rows"]
    missed = [row.measure for row in rows if row.holds is False]
    if missed:
        pytest.fail(f"{', '.join(missed)}\n{table}", pytrace=False)
