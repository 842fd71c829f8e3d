"""No signal without a verified identity (R4)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_local import identity
from djobs_local.identity import Comparison, ProcessIdentity, SignalOutcome
from tests.harness import needs
from tests.harness.waiting import wait_until

SLEEP = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"]


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def identity_of(process: "subprocess.Popen[bytes]") -> ProcessIdentity:
    found = identity.of_process(process.pid)
    assert found is not None
    return found


def forged(process: "subprocess.Popen[bytes]", **changes: Any) -> ProcessIdentity:
    made = ProcessIdentity.from_record({**identity_of(process).to_record(), **changes})
    assert made is not None
    return made


def test_the_recorded_process_itself_is_signalled(stranger: "subprocess.Popen[bytes]") -> None:
    recorded = ProcessIdentity.from_record(identity_of(stranger).to_record())
    assert recorded == identity_of(stranger)
    assert identity.compare(recorded) is Comparison.SAME
    assert identity.send_signal(recorded, signal.SIGTERM) is SignalOutcome.SENT
    assert stranger.wait() == -signal.SIGTERM


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"start": 1}, Comparison.GONE),
        ({"boot": "another boot"}, Comparison.GONE),
        ({"pidns": 7}, Comparison.UNVERIFIABLE),
        ({"start": None}, Comparison.UNVERIFIABLE),
        ({"start": "12"}, Comparison.UNVERIFIABLE),
        ({"boot": None}, Comparison.UNVERIFIABLE),
        ({"boot": ""}, Comparison.UNVERIFIABLE),
        ({"pidns": None}, Comparison.UNVERIFIABLE),
    ],
)
def test_a_stranger_behind_a_forged_record_lives(
    stranger: "subprocess.Popen[bytes]", changes: dict[str, Any], verdict: Comparison
) -> None:
    recorded = forged(stranger, **changes)
    assert identity.compare(recorded) is verdict
    assert identity.send_signal(recorded, signal.SIGKILL).value == verdict.value
    assert stranger.poll() is None


def test_a_reused_pid_is_described_as_such(stranger: "subprocess.Popen[bytes]") -> None:
    text = identity.describe(forged(stranger, start=1))
    assert text == f"gone (pid {stranger.pid} is now another process)"
    assert identity.describe(identity_of(stranger)) == f"pid {stranger.pid}"


def test_an_ended_process_is_gone_even_before_it_is_collected() -> None:
    process = subprocess.Popen(SLEEP)
    recorded = identity_of(process)
    process.send_signal(signal.SIGKILL)
    wait_until(lambda: identity.compare(recorded) is Comparison.GONE, "it has ended")
    assert identity.send_signal(recorded, signal.SIGTERM) is SignalOutcome.GONE
    process.wait()
    assert identity.compare(recorded) is Comparison.GONE
    assert identity.of_process(recorded.pid) is None


def test_without_a_process_file_system_nothing_is_verifiable(
    stranger: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = identity_of(stranger)
    monkeypatch.setattr(identity, "_start_token", lambda pid: (None, None))
    assert identity.send_signal(recorded, signal.SIGKILL) is SignalOutcome.UNVERIFIABLE
    assert stranger.poll() is None


def test_the_signal_goes_through_a_descriptor_that_pins_the_process(
    stranger: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    needs.pidfd()
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("os.kill was used"))
    assert identity.send_signal(identity_of(stranger), signal.SIGTERM) is SignalOutcome.SENT
    stranger.wait()


def test_without_pidfds_the_verified_process_is_still_signalled(
    stranger: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "_open_pidfd", lambda pid: None)
    assert identity.send_signal(identity_of(stranger), signal.SIGTERM) is SignalOutcome.SENT
    assert stranger.wait() == -signal.SIGTERM


def test_every_signal_is_logged(
    stranger: "subprocess.Popen[bytes]", caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="djobs.signals"):
        identity.send_signal(forged(stranger, start=1), signal.SIGTERM)
    assert f"ProcessIdentity({stranger.pid}, 1" in caplog.text
    assert caplog.text.rstrip().endswith("gone")


@pytest.mark.parametrize("pid", [0, 1, -1, -5, True, "7", 2**31, None])
def test_pids_that_mean_groups_or_everybody_are_no_identity(pid: object) -> None:
    assert ProcessIdentity.from_record({"pid": pid, "start": 1, "boot": "b"}) is None
    if isinstance(pid, int) and pid <= 1:
        nobody = ProcessIdentity(pid, 1, "b", 1)
        assert identity.send_signal(nobody, signal.SIGKILL) is SignalOutcome.UNVERIFIABLE


@given(st.binary(max_size=60))
def test_any_process_name_leaves_the_start_token_readable(name: bytes) -> None:
    raw = b"7 (" + name + b") S " + b" ".join(b"%d" % n for n in range(4, 53))
    assert identity._parse_stat(raw) == (True, 22)


def test_a_stat_line_that_makes_no_sense_says_nothing() -> None:
    assert identity._parse_stat(b"7 (x) S 1 2") == (None, None)
    assert identity._parse_stat(b"") == (None, None)


def test_the_own_identity_is_complete() -> None:
    assert identity.compare(identity.of_self()) is Comparison.SAME
