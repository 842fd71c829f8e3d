"""Reporting by hand on what another process claimed, and agents by name."""

import json
from pathlib import Path

import pytest

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.checking import when_checked
from djobsctl.talk import Talk
from tests.cli.shell import Shell
from tests.harness.daemon import PATIENCE_SECONDS, wait_until


def test_a_claim_outlives_its_process_and_any_process_that_knows_its_number_reports(
    shell: Shell,
) -> None:
    (job_id,) = shell.enqueue("a")
    number = str(shell.claim()["holder"]["generation"])
    unnamed = shell("complete", job_id)
    assert unnamed.status == 1
    assert "add `--generation N`" in unnamed.stderr
    done = shell("complete", job_id, "--generation", number, "--agent", "ann", "--evidence", "ok")
    assert done.status == 0, done
    detail = shell.detail(job_id)
    assert (detail["job"]["state"], detail["job"]["evidence"]) == ("succeeded", "ok")
    assert detail["events"][-1]["agent"] == "ann"


def test_a_claim_that_is_over_reports_nothing(shell: Shell) -> None:
    (job_id,) = shell.enqueue("a")
    first = str(shell.claim()["holder"]["generation"])
    assert shell("release", job_id, "--generation", first, "--reason", "no").status == 0
    second = str(shell.claim()["holder"]["generation"])
    for report in (["complete"], ["fail", "--error", "x"], ["heartbeat"], ["release"]):
        refused = shell(*report, job_id, "--generation", first)
        assert refused.status == 1
        assert "was claimed again since" in refused.stderr
    assert shell.detail(job_id)["job"]["attempt"] == 1
    assert shell("fail", job_id, "--generation", second, "--error", "x").status == 0


@pytest.mark.parametrize("name", ["heartbeat", "release"])
def test_whose_a_job_is_has_to_be_said(name: str, shell: Shell) -> None:
    ran = shell(name, "j1kt")
    assert (ran.status, ran.stdout) == (2, "")
    assert "Add `--generation N`: the number that `djobsctl claim` printed" in ran.stderr


def test_a_heartbeat_renews_for_as_long_as_it_says(shell: Shell) -> None:
    (job_id,) = shell.enqueue("a")
    claimed = shell.claim("--lease", "1m")["holder"]
    words = ["heartbeat", job_id, "--generation", str(claimed["generation"]), "--lease", "1h"]
    assert shell(*words).stdout.startswith(f"{job_id} is yours until ")
    holder = shell.detail(job_id)["job"]["holder"]
    assert holder["lease_expires_at"] > claimed["lease_expires_at"]


def test_what_a_program_printed_is_a_report_whatever_bytes_those_are(shell: Shell) -> None:
    done, failed, silent = shell.enqueue("a", "--file", "-", given=b"{}\n{}\n{}")
    given = b"first\n" + b"x" * 100_000 + b"\xff\0 last\n"
    assert shell("complete", done, "--evidence", "-", given=given).status == 0
    evidence = shell.detail(done)["job"]["evidence"]
    assert evidence.startswith("[...] xxx")
    assert evidence.endswith("xx\ufffd\ufffd last")
    assert shell("fail", failed, "--no-retry", "--error", "-", given=b"- no\n").status == 0
    assert shell.detail(failed)["job"]["last_error"] == "- no"
    assert shell("fail", silent, "--error", "-").status == 0
    assert shell.detail(silent)["job"]["last_error"] == "It failed without a word."


def test_a_failure_is_tried_again_unless_told_otherwise(shell: Shell) -> None:
    one, two = shell.enqueue("a", "--file", "-", given=b"{}\n{}")
    for _ in (one, two):
        shell.claim()
    again = shell("fail", one, "--generation", "1", "--error", "no")
    assert "failed and is tried again at" in again.stdout
    assert shell.detail(one)["job"]["state"] == "retry_scheduled"
    ended = shell("fail", two, "--generation", "1", "--error", "no", "--no-retry")
    assert ended.stdout == f"{two} failed; its workflow has 1 unfinished job.\n"


def test_checks_decide_about_a_success(shell: Shell) -> None:
    (job_id,) = shell.enqueue("a", "--verify", '{"file_exists": "made.txt"}')
    number = str(shell.claim()["holder"]["generation"])
    words = ["complete", job_id, "--generation", number]
    refused = shell(*words)
    assert refused.status == 1
    assert "made.txt" in refused.stderr
    Path(shell.folder, "made.txt").touch()
    done = shell(*words)
    assert (done.status, done.stdout.splitlines()[1:2]) == (0, ["  passed: file_exists made.txt"])


@pytest.mark.parametrize("code", [0, 1])
def test_checks_that_last_are_waited_for(
    code: int, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = Path(shell.folder, "go")
    wait = f"while [ ! -e go ]; do sleep 0.02; done; exit {code}"
    check = json.dumps({"command": ["sh", "-c", wait]})
    (job_id,) = shell.enqueue("a", "--verify", check)
    reporter = shell.beside("complete", job_id)
    wait_until(lambda: bool(shell.detail(job_id)["job"].get("checking")), "the check to run")
    monkeypatch.setenv("DJOBS_HOME", shell.home.state)

    class Quiet(Talk):
        def say(self, sentence: str) -> None:
            """Say nothing."""

    reported = {"id": job_id, "state": "running", "unfinished": 1, "checking": True}
    go.touch()
    if code:
        with pytest.raises(DjobsError, match="did not pass") as refusal:
            when_checked(reported, Quiet(as_json=True))
        assert refusal.value.code is ErrorCode.VERIFICATION_FAILED
    else:
        job = when_checked(reported, Quiet(as_json=True))
        assert (job["state"], job["receipt"]["passed"]) == ("succeeded", True)
        assert "checking" not in job
    reporter.communicate(timeout=PATIENCE_SECONDS)
    assert reporter.returncode == code


def test_an_agent_is_registered_and_heard_of(shell: Shell) -> None:
    words = ["--capability", "sql", "--metadata", '{"model": "m"}']
    assert shell("agent", "register", "zoe", *words).stdout == "zoe is registered: sql.\n"
    assert shell("agent", "heartbeat", "zoe").stdout == "zoe is online.\n"
    listed = shell("agents", "--json").document["agents"]
    (zoe,) = [each for each in listed if each["id"] == "zoe"]
    assert (zoe["capabilities"], zoe["metadata"]) == (["sql"], {"model": "m"})
