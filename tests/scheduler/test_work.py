"""What a commit wakes the scheduler for."""

import pytest

from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.records import Committed


@pytest.mark.parametrize(
    ("expected", "news", "wakes"),
    [
        (1000, Committed([], deadlines_moved=False, lease=2000), False),
        (1000, Committed([], deadlines_moved=False, lease=999), True),
        (None, Committed([], deadlines_moved=False, lease=2000), True),
        (None, Committed([], deadlines_moved=False), False),
        (1000, Committed([], deadlines_moved=True), True),
    ],
)
def test_a_lease_that_ends_later_than_the_next_look_wakes_nobody(
    expected: int | None, news: Committed, wakes: bool
) -> None:
    work = Work()
    work.expected_lease = expected

    work.committed(news)

    assert work._moved.is_set() is wakes
