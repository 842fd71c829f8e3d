"""Recording and claiming by hand: ``enqueue`` and ``claim``."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from djobsctl.commands import claim
from djobsctl.talk import Talk
from djobsctl.usage import parser_for
from tests.cli.shell import NOTHING, Shell
from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, wait_until

# Recording


def test_every_option_reaches_the_job(shell: Shell) -> None:
    (first,) = shell.enqueue("build")
    words = ["--payload", '{"path": "a"}', "--priority", "2", "--attempts", "4", "--key", "nightly"]
    words += ["--resource", "db", "--after", first, "--on-failure", "run", "--delay", "1h"]
    words += ["--managed-by", "worker", "--verify", '{"command": "true"}']
    (job_id,) = shell.enqueue("test", *words)
    detail = shell.detail(job_id)
    job = detail["job"]
    assert (job["type"], job["payload"], job["managed_by"]) == ("test", {"path": "a"}, "worker")
    assert (job["priority"], job["max_attempts"]) == (2, 4)
    assert (job["idempotency_key"], job["resource_key"]) == ("nightly", "db")
    assert (detail["depends_on"], job["verify"]) == ([first], [{"command": "true"}])
    assert "run_at" in job
    assert job["workspace"] == job["correlation_id"] == shell.folder


def test_a_job_goes_to_the_workflow_or_the_folder_that_is_named(shell: Shell) -> None:
    other = Path(shell.folder, "other")
    other.mkdir()
    (plan,) = shell.enqueue("a", "--correlation", "plan of one")
    (there,) = shell.enqueue("a", "--workspace", "other")
    job = shell.detail(plan)["job"]
    assert (job["correlation_id"], job["workspace"]) == ("plan of one", shell.folder)
    assert shell.detail(there)["job"]["workspace"] == str(other)
    assert shell.claim("--correlation", "plan of one")["id"] == plan
    assert shell("claim").status == NOTHING
    assert shell.claim("--workspace", "other")["id"] == there


def test_a_payload_is_read_from_its_file(shell: Shell) -> None:
    Path(shell.folder, "p.json").write_text('{"path": "ü"}', "utf-8")
    (job_id,) = shell.enqueue("a", "--payload", "@p.json")
    assert shell.detail(job_id)["job"]["payload"] == {"path": "ü"}


def test_many_tasks_are_recorded_at_once_and_name_each_other(shell: Shell) -> None:
    tasks = [
        {"task_type": "build", "graph_key": "b", "priority": 3},
        {"depends_on": ["b"], "on_dependency_failure": "cancel"},
    ]
    array = json.dumps(tasks).encode()
    lines = "\n".join(map(json.dumps, tasks)).encode()
    for given in (array, lines):
        build, test = shell.enqueue("test", "--priority", "7", "--file", "-", given=given)
        assert shell.detail(test)["depends_on"] == [build]
        types = [shell.detail(each)["job"]["type"] for each in (build, test)]
        ranks = [shell.detail(each)["job"]["priority"] for each in (build, test)]
        assert (types, ranks) == (["build", "test"], [3, 7])


def test_one_wrong_task_and_none_is_recorded(shell: Shell) -> None:
    tasks = b'{"task_type": "a"}\n{"task_type": "b", "priority": 0}\n'
    ran = shell("enqueue", "--file", "-", given=tasks)
    assert (ran.status, ran.stdout) == (2, "")
    assert "Line 2: priority: expected a whole number >= 1." in ran.stderr
    assert shell("claim").status == NOTHING
    tasks = b'{"task_type": "a"}\n{"task_type": "b", "depends_on": ["c"]}\n'
    assert shell("enqueue", "--file", "-", given=tasks).status == 1
    assert shell("claim").status == NOTHING


def test_a_file_that_no_request_holds_is_refused_before_anything_is_sent(shell: Shell) -> None:
    ran = shell("enqueue", "a", "--file", "-", given=b" " * (4 * 1024 * 1024 + 1))
    assert ran.status == 2
    assert "more than one request may have" in ran.stderr
    assert shell("enqueue", "a", "--file", "-", given=b"\xff").status == 2


# Taking


def test_what_is_claimed_is_said_so_that_it_can_be_done_and_reported(shell: Shell) -> None:
    check = '{"file_exists": "a.txt"}'
    (job_id,) = shell.enqueue("review", "--payload", '{"path": "a"}', "--verify", check)
    shell("fail", job_id, "--error", "Job: j1\nGeneration: 7")
    shell("retry", job_id)
    said = shell("claim", "--agent", "ann", "--lease", "1h").stdout
    lines = dict(re.findall(r"^ *([A-Z][a-z ]+): (.*)$", said, re.MULTILINE))
    assert lines["Job"] == job_id
    assert lines["Generation"] == str(shell.detail(job_id)["job"]["holder"]["generation"])
    assert (lines["Type"], lines["Payload"], lines["Agent"]) == ("review", '{"path": "a"}', "ann")
    assert lines["Checks"] == "file_exists a.txt"
    assert "in 59 min" in lines["Lease until"]


def test_a_claim_is_of_the_types_that_are_named(shell: Shell) -> None:
    shell.enqueue("build")
    (test,) = shell.enqueue("test")
    assert shell("claim", "--type", "deploy").status == NOTHING
    assert shell.claim("--type", "deploy", "--type", "test")["id"] == test


def test_workers_work_is_claimed_by_who_says_so(shell: Shell) -> None:
    (job_id,) = shell.enqueue("build", "--managed-by", "worker")
    assert shell("claim").status == NOTHING
    assert shell.claim("--managed-by", "worker")["id"] == job_id


def test_a_claim_that_waits_gets_the_job_that_comes(shell: Shell) -> None:
    waiting = shell.waiting()
    (job_id,) = shell.enqueue("a")
    out, _ = waiting.communicate(timeout=PATIENCE_SECONDS)
    assert json.loads(out)["job"]["id"] == job_id
    assert waiting.returncode == 0


def test_a_claim_that_is_killed_while_it_waits_takes_nothing(shell: Shell) -> None:
    waiting = shell.waiting()
    waiting.kill()
    waiting.communicate(timeout=PATIENCE_SECONDS)
    wait_until(lambda: not shell.is_connected(), "the daemon to notice")
    (job_id,) = shell.enqueue("a")
    assert shell.claim()["holder"]["generation"] == 1
    assert shell.detail(job_id)["events_total"] == 2


def test_a_long_wait_is_asked_for_in_parts(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    spans: list[float] = []

    def nothing(*asked: Any) -> dict[str, Any]:
        spans.append(asked[3]["wait_seconds"])
        return {}

    monkeypatch.setattr(claim, "call_once", nothing)
    monkeypatch.setattr(claim, "WAIT_SECONDS_MAX", 0.001)
    parser = parser_for("claim")
    claim.options(parser)
    args = parser.parse_args(["--workspace", shell.folder])
    args.wait = 0.05
    assert claim.take(args, Talk(as_json=True)) is None
    assert len(spans) > 1
    assert max(spans) <= 0.001


def test_a_wait_that_brings_nothing_ends_with_a_status_of_its_own(shell: Shell) -> None:
    ran = shell("claim", "--wait", "1s")
    assert ran.status == NOTHING
    assert ran.stdout.startswith(f"No job of {shell.folder} may start now;")


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "JSON"])
def test_a_claim_that_nobody_reads_is_given_back(words: list[str], shell: Shell) -> None:
    (job_id,) = shell.enqueue("a")
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as unread:
        assert shell.printing_to(unread, "claim", *words) == 141
    assert_given_back(shell, job_id)


def test_a_claim_that_a_full_disk_does_not_take_is_given_back(shell: Shell) -> None:
    device = needs.installed(Path("/dev/full"), "Linux")
    (job_id,) = shell.enqueue("a")
    with open(device, "wb") as full:
        assert shell.printing_to(full, "claim") == 74
    assert_given_back(shell, job_id)


def assert_given_back(shell: Shell, job_id: str) -> None:
    detail = shell.detail(job_id)
    assert (detail["job"]["state"], detail["job"]["attempt"]) == ("pending", 0)
    assert [each["kind"] for each in detail["events"]] == ["enqueued", "claimed", "released"]
