"""The recorded terminal sessions in ``golden/`` still go as they were recorded."""

import os
from pathlib import Path

import pytest

from tests.cli.golden_session import replay
from tests.harness.daemon import DaemonHome
from tests.harness.length import all_but_slow

LONG = ("draining", "starting", "trouble")
"""They wait for daemons that do not answer."""
SESSIONS = sorted(
    Path(__file__).with_name("golden").glob("*.txt"), key=lambda path: (path.stem in LONG, path)
)


@pytest.mark.parametrize("path", all_but_slow(-len(LONG), SESSIONS), ids=lambda path: path.stem)
def test_a_recorded_session_goes_as_it_went(path: Path, daemon_home: DaemonHome) -> None:
    recorded = path.read_text("utf-8")
    replayed = replay(recorded, daemon_home)
    if os.environ.get("DJOBS_UPDATE_GOLDEN"):
        path.write_text(replayed, "utf-8")
    assert replayed == recorded
