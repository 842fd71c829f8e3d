"""What is said of a place in the history."""

import pytest

from djobs_daemon.queue.feed import page, require_reached
from djobs_daemon.store.records import FeedPage
from djobs_protocol.errors import DjobsError, ErrorCode


def found(offset: int, first: int = 1, newest: int = 9) -> FeedPage:
    return FeedPage((), offset, first, newest)


@pytest.mark.parametrize(
    ("after", "first", "lagged"), [(0, 1, None), (4, 5, None), (3, 5, 4), (0, 5, 4), (6, 5, None)]
)
def test_who_comes_after_the_history_was_cut_is_told_where_it_begins(
    after: int, first: int, lagged: int | None
) -> None:
    assert page(after, found(9, first)).lagged == lagged


def test_there_is_more_until_the_newest_line_was_looked_at() -> None:
    assert page(0, found(8)).more
    assert not page(0, found(9)).more


def test_an_offset_beyond_the_end_is_refused_with_the_end() -> None:
    require_reached(9, found(9))
    with pytest.raises(DjobsError) as refusal:
        require_reached(10, found(9))
    assert (refusal.value.code, refusal.value.data["newest"]) == (ErrorCode.CONFLICT, 9)
