"""What every test of a runner uses."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runner.workbench import Workbench, workbench_in


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    """Return a folder of runs; whatever still runs at the end is killed."""
    async with workbench_in(tmp_path / "runs") as made:
        yield made
