"""Starts: from the spawn of a shim to its first answers."""

from typing import Any

import pytest

from tests.benchmarks.judging import MEASURE_SECONDS_MAX, judge

pytestmark = pytest.mark.timeout(MEASURE_SECONDS_MAX)


def test_a_shim_answers_about_as_soon_as_an_interpreter_starts(benchmark: Any) -> None:
    judge(benchmark, "start")


def test_with_nothing_running_the_first_answer_comes_in_time(benchmark: Any) -> None:
    judge(benchmark, "cold")
