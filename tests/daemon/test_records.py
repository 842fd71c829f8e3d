"""Whatever stands in the records, a daemon starts and answers (R4, R47)."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djobs_local import identity
from djobs_local.presence import Kind
from djobs_protocol import endpoint
from tests.harness.daemon import DaemonHome

RECORDS = [endpoint.ENDPOINT_RECORD, endpoint.START_RECORD, endpoint.STOP_MARK]

NASTY = {
    "empty": b"",
    "truncated": b'{"pid": 12',
    "not an object": b"[1, 2, 3]",
    "not text": os.urandom(300),
    "deep": b"[" * 100_000,
    "huge": b'{"pid": ' + b"1" * 5_000_000 + b"}",
    "wrong types": json.dumps(
        {"pid": "x", "start": [], "phase": 7, "attempts": {"at": "y"}, "until": {}}
    ).encode(),
    "odd attempts": json.dumps({"attempts": [None, 3, {"at": -1}, {"at": 2**80}]}).encode(),
}


@pytest.mark.parametrize("kind", NASTY)
def test_garbage_in_every_record_does_not_keep_a_daemon_from_starting(
    kind: str, daemon_home: DaemonHome
) -> None:
    for name in RECORDS:
        (daemon_home.folder / name).write_bytes(NASTY[kind])
    with daemon_home.connect(spawn=True) as connection:
        assert connection.welcome["instance"] == daemon_home.record()["instance"]


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(contents=st.lists(st.binary(max_size=200), min_size=3, max_size=3))
def test_any_bytes_in_every_record_do_not_keep_a_daemon_from_starting(
    contents: list[bytes],
) -> None:
    with DaemonHome() as home:
        for name, raw in zip(RECORDS, contents, strict=True):
            (home.folder / name).write_bytes(raw)
        home.start()
        assert home.look().kind is Kind.SERVING


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_is_a_folder_or_a_link_is_no_record(
    name: str, daemon_home: DaemonHome, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("keep me")
    (daemon_home.folder / name).symlink_to(victim)
    with daemon_home.connect(spawn=True):
        pass
    daemon_home.stop()
    assert victim.read_text() == "keep me"


def test_a_record_that_names_a_stranger_brings_the_stranger_no_signal(
    daemon_home: DaemonHome,
) -> None:
    with subprocess.Popen(["sleep", "600"]) as stranger:
        found = identity.of_process(stranger.pid)
        assert found is not None
        forged = {**found.to_record(), "start": (found.start or 0) - 1, "instance": "i"}
        path = daemon_home.folder / endpoint.ENDPOINT_RECORD
        path.write_text(json.dumps({**forged, "phase": "serving"}))
        assert daemon_home.look().kind is Kind.ABSENT
        daemon_home.start()
        daemon_home.stop()
        assert stranger.poll() is None
        stranger.kill()
