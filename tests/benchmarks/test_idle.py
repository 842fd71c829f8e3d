"""An idle daemon."""

from typing import Any

import pytest

from tests.benchmarks.judging import MEASURE_SECONDS_MAX, judge

pytestmark = pytest.mark.timeout(MEASURE_SECONDS_MAX)


def test_nothing_wakes_up_while_nothing_happens(benchmark: Any) -> None:
    judge(benchmark, "idle")
