"""A start that takes long, as a migration may: one daemon, and nobody gives it up (R13)."""

import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from djobsctl.daemon import STARTING, WAITING
from tests.harness.daemon import DaemonHome, wait_until
from tests.harness.herd import run_herd

SLOW_SECONDS = 20
CLIENT_SECONDS = 30.0
SLOW = f"start.store=sleep:{SLOW_SECONDS}"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_16_clients_of_a_start_of_20_s_get_one_daemon_and_a_person_hears_of_it(
    daemon_home: DaemonHome,
) -> None:
    outcomes: list[dict[str, Any]] = []
    herd = threading.Thread(
        target=lambda: outcomes.extend(run_herd(daemon_home, 16, CLIENT_SECONDS, DJOBS_FP=SLOW))
    )
    herd.start()
    wait_until(lambda: list(daemon_home.folder.glob("logs/start-*")), "a start is under way")
    person = subprocess.Popen(
        [sys.executable, "-m", "djobsctl", "start"],
        env={**daemon_home.env, "DJOBS_START_TIMEOUT_S": f"{CLIENT_SECONDS}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert person.stderr is not None
    assert person.stderr.readline().strip() in (STARTING, WAITING)
    wait_until(daemon_home.births, "a daemon is elected and waits for its store")
    assert not daemon_home.look(0.1).welcome, "it is told while the daemon is not ready"
    _, errors = person.communicate(timeout=2 * CLIENT_SECONDS)
    herd.join(2 * CLIENT_SECONDS)

    assert person.returncode == 0, errors
    assert {outcome.get("instance") for outcome in outcomes} == {daemon_home.instance()}, outcomes
    assert len(outcomes) == 16
    assert min(outcome["seconds"] for outcome in outcomes) > SLOW_SECONDS / 2
    assert len(daemon_home.births()) == 1
    assert len(list(daemon_home.folder.glob("logs/start-*"))) == 1


def test_a_slow_start_reports_progress_and_is_started_once(daemon_home: DaemonHome) -> None:
    reader = daemon_home.spawn(DJOBS_FP="start.store=sleep:2.5")
    with os.fdopen(reader, "rb") as pipe:
        words = [line.split(b" ")[0] for line in pipe]
    assert words == [b"progress", b"progress", b"ready"]


@pytest.mark.slow
def test_clients_of_a_slow_start_wait_for_the_one_daemon(daemon_home: DaemonHome) -> None:
    outcomes = run_herd(daemon_home, 16, seconds=4, DJOBS_FP="start.store=sleep:8")
    assert {outcome.get("instance") for outcome in outcomes} == {daemon_home.instance()}, outcomes
    assert len(daemon_home.births()) == 1
