"""Which span an audit asks for, and what it says about a crowd."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest

from djobs_daemon.queue.audit import GROUPS_MAX, OTHERS, largest, span
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.reading_requests import QueryAudit

NOW = 1_800_000_000_000
DAY_MS = 24 * 3600 * 1000


def test_a_span_is_the_last_day_unless_it_is_said() -> None:
    which = span(QueryAudit(), NOW)

    assert (which.since, which.until) == (NOW + 1 - DAY_MS, NOW + 1)


@pytest.mark.parametrize(
    "asked",
    [
        QueryAudit(since=datetime(2020, 1, 2, tzinfo=UTC), until=datetime(2020, 1, 1, tzinfo=UTC)),
        QueryAudit(until=datetime.min.replace(tzinfo=UTC)),
        QueryAudit(until=datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))),
        QueryAudit(since=datetime.min.replace(tzinfo=timezone(timedelta(hours=12)))),
    ],
    ids=["backwards", "before the first year", "after the last year", "since before the first"],
)
def test_a_span_that_cannot_be_is_the_callers_fault(asked: QueryAudit) -> None:
    with pytest.raises(DjobsError) as refusal:
        span(asked, NOW)

    assert refusal.value.code is ErrorCode.INVALID_PARAMS


def test_a_crowd_is_summed_up_and_nothing_is_lost() -> None:
    counts = Counter({f"session-{n}": n for n in range(1, 200)})

    shown = largest(counts)

    assert len(shown) == GROUPS_MAX + 1
    assert shown["session-199"] == 199
    assert sum(shown.values()) == counts.total()
    assert OTHERS in shown


def test_a_few_are_shown_as_they_are() -> None:
    assert largest({"edit": 2, "test": 3}) == {"test": 3, "edit": 2}
