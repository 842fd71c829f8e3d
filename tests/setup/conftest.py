"""Fixtures of the tests about wiring."""

from pathlib import Path

import pytest

from tests.setup.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a home without any host."""
    return Desk(tmp_path)
