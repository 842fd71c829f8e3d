"""Enqueues with fsync on, against SQLite by itself."""

from typing import Any

import pytest

from tests.benchmarks.judging import MEASURE_SECONDS_MAX, judge

pytestmark = pytest.mark.timeout(MEASURE_SECONDS_MAX)


def test_enqueues_keep_up_with_sqlite_by_itself(benchmark: Any) -> None:
    judge(benchmark, "enqueue")
