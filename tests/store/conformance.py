"""What every store must do, written against ``interface.Store`` alone.

A store is tested by subclassing ``StoreConformance`` with a ``store`` and a ``clock`` fixture.
"""

from tests.store.conformance_claims import ClaimsConformance
from tests.store.conformance_evidence import EvidenceConformance
from tests.store.conformance_feed import FeedConformance
from tests.store.conformance_history import HistoryConformance
from tests.store.conformance_jobs import JobsConformance
from tests.store.conformance_notices import NoticesConformance
from tests.store.conformance_pages import PagesConformance
from tests.store.conformance_retention import RetentionConformance
from tests.store.conformance_schedules import SchedulesConformance
from tests.store.conformance_usage import UsageConformance
from tests.store.conformance_writes import WritesConformance


class StoreConformance(
    JobsConformance,
    ClaimsConformance,
    EvidenceConformance,
    FeedConformance,
    HistoryConformance,
    NoticesConformance,
    UsageConformance,
    PagesConformance,
    RetentionConformance,
    SchedulesConformance,
    WritesConformance,
):
    """All of it."""
