"""The recorded terminal sessions in ``golden/`` still go as they were recorded."""

import os
from pathlib import Path

import pytest

from tests.cli.golden_session import replay
from tests.harness.daemon import DaemonHome

SESSIONS = sorted(Path(__file__).with_name("golden").glob("*.txt"))


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_recorded_session_goes_as_it_went(path: Path, daemon_home: DaemonHome) -> None:
    recorded = path.read_text("utf-8")
    replayed = replay(recorded, daemon_home)
    if os.environ.get("DJOBS_UPDATE_GOLDEN"):
        path.write_text(replayed, "utf-8")
    assert replayed == recorded
