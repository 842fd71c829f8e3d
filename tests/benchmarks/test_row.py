"""A verdict follows from the figure, the baseline and the target."""

import pytest

from djobsctl.bench.row import Row, Target
from djobsctl.bench.spread import median, percentile


@pytest.mark.parametrize(
    ("target", "ours", "baseline", "holds"),
    [
        (Target("value", 5.0), 5.0, None, True),
        (Target("value", 5.0), 5.1, 1.0, False),
        (Target("ratio", 2.0), 20.0, 10.0, True),
        (Target("ratio", 2.0), 20.1, 10.0, False),
        (Target("ratio", 1.0, at_least=True), 9.9, 10.0, False),
        (Target("ratio", 1.0, at_least=True), 10.0, 10.0, True),
        (Target("ratio", 1.0), 10.0, None, None),
        (None, 1.0, 1.0, None),
    ],
)
def test_a_row_holds_or_misses(
    target: Target | None, ours: float, baseline: float | None, holds: bool | None
) -> None:
    assert Row("m", ours, "ms", baseline, target=target).holds is holds


def test_a_median_is_the_middle_or_between_the_two_middle_ones() -> None:
    assert median([9, 1, 5]) == 5
    assert median([9, 1, 5, 7]) == 6


def test_a_percentile_is_one_of_the_values() -> None:
    values = list(range(1, 101))

    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.99) == 100
    assert percentile([3.0], 0.99) == 3.0
