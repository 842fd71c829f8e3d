"""A bench for each test."""

from pathlib import Path

import pytest

from tests.agent.program import Bench
from tests.harness import needs


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    needs.program("git")
    return Bench(tmp_path)
