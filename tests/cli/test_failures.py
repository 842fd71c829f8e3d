"""Whatever goes wrong, a program gets one document and a person a sentence and a way on."""

import errno
import subprocess
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from djobs_protocol.errors import ErrorCode
from djobsctl import dispatch
from djobsctl.failure import as_djobs_error
from djobsctl.outcome import Outcome
from tests.cli.command import djobsctl
from tests.cli.states import made, refusing
from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome


def test_a_slow_start_is_talked_about_on_standard_error_only(daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, "list", "--json", DJOBS_FP="start.lock=sleep:1.5")
    assert ran.document["jobs"] == []
    assert "Starting the daemon ..." in ran.stderr


@pytest.mark.parametrize("command", ["list", "start"])
def test_who_waits_for_a_mute_daemon_is_told_so_and_of_no_start(
    command: str, daemon_home: DaemonHome
) -> None:
    with made("mute", daemon_home):
        ran = djobsctl(daemon_home, command, DJOBS_START_TIMEOUT_S="2.5")
    assert ran.status == 75
    assert "Waiting for the daemon to answer ..." in ran.stderr
    assert "Starting" not in ran.stderr


def test_a_daemon_of_another_protocol_is_told_apart_from_a_mute_one(
    daemon_home: DaemonHome,
) -> None:
    with refusing(daemon_home):
        status = djobsctl(daemon_home, "status", "--json")
        assert status.document["state"] == "degraded"
        assert "protocol 7 to 9" in status.document["reason"]
        listed = djobsctl(daemon_home, "list", "--json")
        assert (listed.status, listed.document["error"]["code"]) == (76, "protocol_mismatch")
        assert "9.0" in listed.document["error"]["message"]


def test_a_reader_that_goes_away_ends_the_command_quietly(daemon_home: DaemonHome) -> None:
    writer = subprocess.Popen(
        [PYTHON, "-m", "djobsctl", "schema"],
        env=daemon_home.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    writer.stdout.close()
    assert writer.wait(PATIENCE_SECONDS) == 141
    assert writer.stderr is not None
    with writer.stderr as errors:
        assert errors.read() == b""


def test_a_fault_is_one_document_with_its_traceback_beside_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(args: Namespace, talk: Any) -> Outcome:
        raise RuntimeError("planted")

    broken = SimpleNamespace(run=run, DEFAULTS={}, __name__="djobsctl.commands.status")
    monkeypatch.setattr(dispatch, "load", lambda command: broken)
    assert dispatch.dispatch(["status", "--json"]) == 70
    printed = capsys.readouterr()
    assert printed.out.count("\n") == 1
    assert '"code": "internal"' in printed.out
    assert "Traceback" in printed.err


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, ErrorCode.PERMISSION),
        (errno.EROFS, ErrorCode.PERMISSION),
        (errno.ENOSPC, ErrorCode.STORAGE_FULL),
    ],
)
def test_what_the_system_refuses_is_named_with_its_path(number: int, code: ErrorCode) -> None:
    error = as_djobs_error(OSError(number, "refused", "/some/where"))
    assert error.code is code
    assert "/some/where" in error.message


def test_a_document_cannot_hide_its_envelope() -> None:
    with pytest.raises(ValueError, match="schema"):
        Outcome({"schema": 3})


def test_a_full_standard_output_is_told_on_standard_error(daemon_home: DaemonHome) -> None:
    device = needs.installed(Path("/dev/full"), "Linux")
    for arguments in (["config"], ["config", "--json"]):
        with device.open("wb") as full:
            ran = subprocess.run(
                [PYTHON, "-m", "djobsctl", *arguments],
                env=daemon_home.env,
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert ran.returncode == 74
        assert b"Traceback" not in ran.stderr
        assert b"The output could not be written: No space left" in ran.stderr
        assert b"nothing was changed" not in ran.stderr
