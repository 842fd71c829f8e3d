"""The SQLite store does what every store must do."""

from tests.store.conformance import StoreConformance


class TestSqliteStore(StoreConformance):
    """Fixtures ``store`` and ``clock`` come from conftest."""
