"""Tool calls through shims."""

from typing import Any

import pytest

from tests.benchmarks.judging import MEASURE_SECONDS_MAX, judge

pytestmark = pytest.mark.timeout(MEASURE_SECONDS_MAX)


def test_one_agent_is_answered_at_once(benchmark: Any) -> None:
    judge(benchmark, "calls")


def test_eight_agents_at_once_are_answered_soon(benchmark: Any) -> None:
    judge(benchmark, "crowd")
