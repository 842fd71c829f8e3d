"""The command line against a bare interpreter."""

from typing import Any

import pytest

from tests.benchmarks.judging import MEASURE_SECONDS_MAX, judge

pytestmark = pytest.mark.timeout(MEASURE_SECONDS_MAX)


def test_djobsctl_starts_about_as_fast_as_python(benchmark: Any) -> None:
    judge(benchmark, "command")
