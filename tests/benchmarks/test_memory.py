"""Memory of one shim, and of eight editors at once."""

from typing import Any

import pytest

from tests.benchmarks.judging import MEASURE_SECONDS_MAX, judge

pytestmark = pytest.mark.timeout(MEASURE_SECONDS_MAX)


def test_a_shim_and_eight_editors_stay_small(benchmark: Any) -> None:
    judge(benchmark, "memory")
