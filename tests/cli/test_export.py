"""``export`` writes everything once, in one order, whatever else happens meanwhile."""

import csv
import io
import json
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from djobsctl.commands import export
from djobsctl.exporting import COLUMNS, Csv, cell, opened
from djobsctl.talk import Talk
from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import DaemonHome


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_all_jobs_and_all_events_are_exported_in_their_order(running_daemon: DaemonHome) -> None:
    ids = [*enqueue(running_daemon, "a", "b"), *enqueue(running_daemon, "ü")]
    with running_daemon.connect() as connection:
        connection.call("job.fail", {"job_id": ids[0], "error": "=1+1"})
    jobs = lines(djobsctl(running_daemon, "export", "jobs").stdout)
    assert [job["id"] for job in jobs] == ids[::-1]
    assert jobs[0]["payload"] == {"file": "ü"}
    events = lines(djobsctl(running_daemon, "export", "events").stdout)
    assert [event["seq"] for event in events] == [1, 2, 3, 4]
    failed = djobsctl(running_daemon, "export", "events", "--kind", "failed", "--format", "csv")
    header, row = csv.reader(io.StringIO(failed.stdout))
    assert tuple(header) == COLUMNS["events"]
    assert dict(zip(header, row, strict=True))["note"] == "'=1+1"
    only = djobsctl(running_daemon, "export", "jobs", "--state", "failed").stdout
    assert [job["id"] for job in lines(only)] == ids[:1]


def test_a_file_appears_complete_and_private(running_daemon: DaemonHome, tmp_path: Path) -> None:
    enqueue(running_daemon, "a", "b")
    target = tmp_path / "jobs.csv"
    ran = djobsctl(running_daemon, "export", "jobs", "--format", "csv", "-o", str(target), "--json")
    assert (ran.document["rows"], ran.document["file"]) == (2, str(target))
    assert target.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"), newline="")))
    assert [json.loads(row["payload"]) for row in rows] == [{"file": "b"}, {"file": "a"}]
    assert os.listdir(tmp_path) == ["jobs.csv"]
    said = djobsctl(running_daemon, "export", "events", "-o", str(tmp_path / "e.jsonl"))
    assert "Wrote 2 events to" in said.stdout


@pytest.mark.parametrize(
    "words",
    [["jobs", "--kind", "failed"], ["events", "--state", "failed"], ["jobs", "--json"], ["agents"]],
    ids=" ".join,
)
def test_what_has_no_meaning_is_refused(words: list[str], running_daemon: DaemonHome) -> None:
    ran = djobsctl(running_daemon, "export", *words)
    assert ran.status == 2


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    (shown,) = next(
        csv.reader(io.StringIO(Csv(("note",)).line({"note": text}).decode(), newline=""))
    )
    assert shown == f"'{text}"


def test_a_cell_that_is_no_text_is_json() -> None:
    assert [cell(value) for value in (None, 3, True, ["a"], {"b": 1}, "x")] == [
        *("", "3", "true", '["a"]', '{"b": 1}', "x")
    ]


def test_a_file_that_is_not_finished_does_not_appear(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"before")

    def write_half() -> None:
        with opened(str(target)) as out:
            out.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert target.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["out"]


class Ledger:
    """Answers pages of a history that grows with every question."""

    def __init__(self, events: int) -> None:
        self.newest = events

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        assert method == "events.read"
        if "after" not in params:
            return {"offset": self.newest}
        self.newest += 7
        after = params["after"]
        seqs = range(after + 1, min(after + params["limit"], self.newest) + 1)
        offset = seqs[-1] if seqs else after
        return {
            "events": [{"seq": seq} for seq in seqs],
            "offset": offset,
            "more": offset < self.newest,
        }


def test_events_that_come_while_others_are_written_end_no_export_and_none_is_skipped() -> None:
    args = Namespace(
        correlation=None, workspace=None, kind=[], type=[], agent=None, since=None, what="events"
    )
    rows = export.events(Ledger(100_050).call, args, Talk(as_json=False))
    assert [row["seq"] for row in rows] == list(range(1, 100_051))
