"""``djobsctl import`` against a real daemon."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs_protocol.limits import BATCH_JOBS_MAX
from djobsctl.importing.orders import HELD_UNTIL
from tests.cli.command import Ran, djobsctl
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome
from tests.importing.plans import SOURCES, issue, issues, project, snapshot, upstream


@pytest.fixture(scope="module")
def shared() -> Iterator[DaemonHome]:
    """Return a home that these tests share: each has sources of its own."""
    with DaemonHome() as home:
        home.start()
        yield home


def bring(home: DaemonHome, *words: str | Path) -> dict[str, Any]:
    return dict(ran(home, *words).document)


def ran(home: DaemonHome, *words: str | Path) -> Ran:
    return djobsctl(home, "import", *map(str, words), "--json")


def jobs(home: DaemonHome, folder: Path) -> dict[str, dict[str, Any]]:
    """Return the jobs from a folder by what they were at their source; of several the newest."""
    with home.connect() as connection:
        listed = connection.call("job.list", {"limit": 500})["jobs"]
    origins = [(job["payload"]["source"], job) for job in reversed(listed)]
    return {source["id"]: job for source, job in origins if source["path"].startswith(f"{folder}/")}


def events(home: DaemonHome) -> int:
    with home.connect() as connection:
        return int(connection.call("audit.query", {"summary": True})["total"])


def test_a_plan_comes_over_once_with_its_dependencies_and_a_dry_run_writes_nothing(
    shared: DaemonHome, tmp_path: Path
) -> None:
    folder = project(tmp_path / "shop")
    before, count = snapshot(folder), events(shared)
    shown = bring(shared, folder)
    assert [len(source["new"]) for source in shown["sources"]] == [3, 4, 3, 1]
    assert (shown["applied"], events(shared)) == (False, count)

    done = bring(shared, folder, "--apply")
    assert [len(source["new"]) for source in done["sources"]] == [3, 4, 3, 1]
    there = jobs(shared, tmp_path)
    assert {job["workspace"] for job in there.values()} == {str(folder)}
    assert {job["correlation_id"] for job in there.values()} == {str(folder)}
    assert there["shop-b2"]["blocked_by"] == [there["shop-c3"]["id"]]
    assert there["shop-a1"]["blocked_by"] == [there["shop-a1.2"]["id"]]
    assert there["TASK-2"]["blocked_by"] == [there["TASK-2.1"]["id"]]
    assert there["2.2"]["blocked_by"] == [there["2.1"]["id"]]
    assert there["shop-c3"]["run_at"] == "2040-01-01T00:00:00Z"
    view = there["shop-a1.2"]
    assert (view["type"], view["priority"], view["state"]) == ("feature", 5, "pending")
    assert view["payload"]["title"] == "View"
    assert view["payload"]["source"]["note"] == "In progress by polecat; look first."

    count = events(shared)
    again = bring(shared, folder, "--apply")
    assert [(source["new"], source["here"]) for source in again["sources"]] == [
        ([], 3),
        ([], 4),
        ([], 3),
        ([], 1),
    ]
    assert events(shared) == count
    assert snapshot(folder) == before


def test_what_was_cancelled_failed_or_archived_here_does_not_come_back(
    shared: DaemonHome, tmp_path: Path
) -> None:
    path = issues(tmp_path / "issues.jsonl", issue("a"), issue("b"), issue("c", "a"))
    bring(shared, path, "--apply")
    there = jobs(shared, tmp_path)
    with shared.connect() as connection:
        connection.call("job.cancel", {"job_id": there["a"]["id"]})
        connection.call("job.fail", {"job_id": there["b"]["id"], "error": "no"})
        connection.call("workflow.archive", {"correlation_id": there["a"]["correlation_id"]})
    issues(path, issue("a"), issue("b"), issue("c", "a"), issue("d", "a"))
    (source,) = bring(shared, path, "--apply")["sources"]
    assert ([each["id"] for each in source["new"]], source["here"]) == (["d"], 3)
    assert set(jobs(shared, tmp_path)) == {"c", "d"}, "the archive keeps the others"
    assert jobs(shared, tmp_path)["d"]["blocked_for_good_by"] == {there["a"]["id"]: "cancelled"}


def test_what_changed_at_the_source_is_told_and_not_altered(
    shared: DaemonHome, tmp_path: Path
) -> None:
    done = issue("z", status="closed")
    path = issues(tmp_path / "issues.jsonl", issue("a"), issue("b"), issue("c", "b", "z"), done)
    bring(shared, path, "--apply")
    count = events(shared)
    issues(path, issue("a", title="Else"), issue("b", status="closed"), issue("c", "b", "z"), done)
    (source,) = bring(shared, path, "--apply")["sources"]
    assert [(each["id"], each["what"]) for each in source["changed"]] == [
        ("a", "was changed there"),
        ("b", "is closed there, was open"),
    ]
    assert events(shared) == count


def test_what_is_done_comes_over_as_done_if_asked_for(shared: DaemonHome, tmp_path: Path) -> None:
    path = upstream(tmp_path, "0.22.0")
    bring(shared, path, "--apply", "--with-done")
    with shared.connect() as connection:
        everything = connection.call("job.list", {"limit": 500})["jobs"]
    listed = [job for job in everything if job["payload"]["source"]["path"] == str(path)]
    by_type = {job["type"]: job for job in listed}
    model = next(job for job in listed if job["payload"].get("path") == "model.py")
    assert (model["state"], model["evidence"]) == (
        "succeeded",
        "imported: model.py written, 3 tests pass",
    )
    assert by_type["deploy"]["state"] == "failed"
    assert by_type["deploy"]["last_error"] == "imported: no such host"
    assert by_type["announce"]["blocked_for_good_by"] == {by_type["deploy"]["id"]: "failed"}
    assert by_type["old"]["evidence"] == "imported: ok"
    assert by_type["note"]["correlation_id"] == "session-7"
    assert by_type["run_tests"]["workspace"] == "/repo/shop"
    count = events(shared)
    bring(shared, path, "--apply", "--with-done")
    assert events(shared) == count


def test_an_import_that_was_ended_between_enqueueing_and_reporting_is_finished_by_the_next(
    shared: DaemonHome, tmp_path: Path
) -> None:
    path = issues(tmp_path / "issues.jsonl", issue("a", status="closed"), issue("b"))
    unended = "import sys; from djobsctl.importing import ledger; ledger._end = sys.exit"
    killed = shared.client(f"""
{unended}
from djobsctl.__main__ import main
sys.argv = ["djobsctl", "import", {str(path)!r}, "--apply", "--with-done", "--into", "ended"]
main()
""")
    killed.communicate(timeout=PATIENCE_SECONDS)
    held = jobs(shared, tmp_path)["a"]
    assert (held["state"], held["run_at"]) == ("pending", HELD_UNTIL)
    here = held["correlation_id"]
    with shared.connect() as connection:
        reply = connection.call("job.claim", {"correlation_id": here})
    assert reply["job"]["payload"]["source"]["id"] == "b", "nobody gets what is done"
    bring(shared, path, "--apply", "--with-done", "--into", "ended")
    assert jobs(shared, tmp_path)["a"]["state"] == "succeeded"


def test_more_than_a_request_takes_comes_over_with_all_dependencies(
    shared: DaemonHome, tmp_path: Path
) -> None:
    names = [f"n{number}" for number in range(BATCH_JOBS_MAX + 20)]
    chain = [issue(name, *names[at + 1 : at + 2]) for at, name in enumerate(names)]
    path = issues(tmp_path / "issues.jsonl", *chain)
    (source,) = bring(shared, path, "--apply")["sources"]
    ids = {each["id"]: each["job_id"] for each in source["new"]}
    with shared.connect() as connection:
        for name, need in (("n0", "n1"), ("n19", "n20"), ("n20", "n21")):
            detail = connection.call("job.get", {"job_id": ids[name]})
            assert detail["depends_on"] == [ids[need]]


def test_a_bad_source_is_refused_whole_and_the_others_come_over(
    shared: DaemonHome, tmp_path: Path
) -> None:
    good = issues(tmp_path / "good.jsonl", issue("good"))
    bad = issues(tmp_path / "bad.jsonl", issue("a"), b"{", issue("b", "nowhere"))
    told = ran(shared, good, bad, "--apply")
    assert told.status == 65
    assert [source["refused"] for source in told.document["sources"]] == [False, True]
    assert list(jobs(shared, tmp_path)) == ["good"]
    told = ran(shared, bad, "--apply", "--skip-bad")
    assert told.status == 0
    assert set(jobs(shared, tmp_path)) == {"good", "a", "b"}
    assert [each["line"] for each in told.document["sources"][0]["problems"]] == [2, 3]


def test_workspace_and_workflow_may_be_chosen(shared: DaemonHome, tmp_path: Path) -> None:
    path = upstream(tmp_path, "0.8.1")
    bring(shared, path, "--apply", "--workspace", tmp_path, "--into", "shop")
    there = jobs(shared, tmp_path).values()
    assert {(job["workspace"], job["correlation_id"]) for job in there} == {(str(tmp_path), "shop")}
    (source,) = bring(shared, path, "--into", "shop")["sources"]
    assert source["new"] == []


def test_a_second_import_into_another_workflow_finds_what_is_in_the_first(
    shared: DaemonHome, tmp_path: Path
) -> None:
    path = issues(tmp_path / "issues.jsonl", issue("a"), issue("b", "a"))
    bring(shared, path, "--apply", "--into", "one")
    first = jobs(shared, tmp_path)
    with shared.connect() as connection:
        connection.call("job.cancel", {"job_id": first["a"]["id"]})
    issues(path, issue("a"), issue("b", "a", title="Else"))
    for words in ((), ("--apply",)):
        (source,) = bring(shared, path, *words, "--into", "two")["sources"]
        assert (source["new"], source["here"], source["elsewhere"]) == ([], 2, ["one"])
        assert [each["id"] for each in source["changed"]] == ["b"]
    assert {job["id"] for job in jobs(shared, tmp_path).values()} == {
        job["id"] for job in first.values()
    }


def test_secrets_do_not_come_over(shared: DaemonHome, tmp_path: Path) -> None:
    secret = "ghp_" + "a1b2" * 9
    path = issues(tmp_path / "issues.jsonl", issue("a", description=f"use {secret}"))
    (source,) = bring(shared, path, "--apply")["sources"]
    assert source["redacted"] == 1
    assert secret not in json.dumps(jobs(shared, tmp_path))
    (source,) = bring(shared, path)["sources"]
    assert (source["changed"], source["here"]) == ([], 1)


def test_without_a_path_the_usual_places_are_shown_and_no_daemon_is_asked(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    lists = tmp_path / ".claude/tasks"
    lists.mkdir(parents=True)
    (lists / "shop").symlink_to(SOURCES / "claude/6f0c9d3e-shop")
    (tmp_path / ".djobs").mkdir()
    upstream(tmp_path / ".djobs", "0.22.0").rename(tmp_path / ".djobs/global.db")
    done = djobsctl(daemon_home, "import", "--json", HOME=str(tmp_path))
    here = [each for each in done.document["places"] if each["path"].startswith(str(tmp_path))]
    assert [(each["kind"], each["to_do"], each["items"]) for each in here] == [
        ("djobs", 6, 9),
        ("claude", 2, 3),
    ]
    assert daemon_home.births() == []


@pytest.mark.parametrize("words", [["--apply"], ["no-such-path"]])
def test_what_names_nothing_is_a_mistake(daemon_home: DaemonHome, words: list[str]) -> None:
    assert ran(daemon_home, *words).status == 2
