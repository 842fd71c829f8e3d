"""What was promised to the clients, and whether the ledger keeps it.

A marker is a text of its own inside every payload, evidence and error, so each effect can be found
again in the database, counted, and traced to the call that asked for it.
"""

import itertools
import json
import sqlite3
import threading
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.harness.daemon import DaemonHome


class Report(NamedTuple):
    """An acknowledged end of a job."""

    state: str
    marker: str


class Notes:
    """Every promise, from all clients. Safe to write from many threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._markers = itertools.count(1)
        self.enqueued: dict[str, str] = {}
        """Marker to id, acknowledged."""
        self.refused: set[str] = set()
        """Markers whose enqueue was refused: no job may carry one."""
        self.given_up: set[str] = set()
        """Markers whose answer nobody waited for: at most one job may carry each."""
        self.ended: dict[str, Report] = {}
        """Job id to the one acknowledged report."""
        self.problems: list[str] = []
        self.answers = 0

    def marker(self) -> str:
        """Return a text that no other call uses."""
        with self._changed:
            return f"m{next(self._markers)}."

    def note_enqueued(self, markers: list[str], ids: list[str]) -> None:
        """Note an acknowledged enqueue."""
        with self._changed:
            if len(ids) != len(markers):
                self.problems.append(f"{len(markers)} jobs enqueued, ids {ids}")
            self.enqueued.update(zip(markers, ids, strict=False))

    def note_ended(self, job_id: str, report: Report) -> None:
        """Note an acknowledged end; a second one for the same job is a problem."""
        with self._changed:
            if job_id in self.ended:
                self.problems.append(f"{job_id} ended twice: {self.ended[job_id]}, {report}")
            self.ended[job_id] = report

    def note_problem(self, problem: str) -> None:
        """Note what must not happen."""
        with self._changed:
            self.problems.append(problem)

    def note_answer(self) -> None:
        """Count an answer, so that a killer can wait for progress."""
        with self._changed:
            self.answers += 1
            self._changed.notify_all()

    def wait_progress(self, count: int, seconds: float) -> bool:
        """Wait until ``count`` more answers have come; say whether they did."""
        with self._changed:
            wanted = self.answers + count
            return self._changed.wait_for(lambda: self.answers >= wanted, seconds)


def broken_promises(notes: Notes, home: DaemonHome) -> list[str]:
    """Compare the notes with the database of a daemon that has stopped."""
    path = home.folder / "jobs.db"
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        found = [text for (text,) in db.execute("PRAGMA integrity_check") if text != "ok"]
        found += _wrong_jobs(notes, db)
        found += _wrong_ends(notes, db)
    finally:
        db.close()
    return notes.problems + found


def _wrong_jobs(notes: Notes, db: sqlite3.Connection) -> list[str]:
    stored = Counter(
        json.loads(payload)["marker"]
        for (payload,) in db.execute("SELECT body FROM jobs JOIN texts ON event = payload_in")
    )
    wrong = [f"lost: {marker}" for marker in notes.enqueued.keys() - stored.keys()]
    wrong += [f"doubled: {marker}" for marker, count in stored.items() if count > 1]
    allowed = notes.enqueued.keys() | notes.given_up
    wrong += [f"stored without a promise: {marker}" for marker in stored.keys() - allowed]
    ids = Counter(notes.enqueued.values())
    wrong += [f"one id for two jobs: {job_id}" for job_id, count in ids.items() if count > 1]
    return wrong


def _wrong_ends(notes: Notes, db: sqlite3.Connection) -> list[str]:
    rows = db.execute(
        "SELECT j.seq, j.state,"
        " (SELECT body FROM texts WHERE event = coalesce(j.evidence_in, j.error_in)),"
        " (SELECT count(*) FROM events e WHERE e.job = j.seq AND e.kind IN ('succeeded','failed'))"
        " FROM jobs j"
    )
    ended = {_number(job_id): report for job_id, report in notes.ended.items()}
    wrong = []
    for seq, state, text, times in rows:
        report = ended.pop(seq, None)
        if report is None:
            if times or state != "pending":
                wrong.append(f"job {seq} is {state} without a promise")
        elif (state, times) != (report.state, 1) or not str(text).startswith(report.marker):
            wrong.append(f"job {seq}: {report} was promised; it is {state}, {times} times, {text}")
    return wrong + [f"job {seq} ended and is gone" for seq in ended]


def _number(job_id: str) -> int:
    return int("".join(letter for letter in job_id if letter.isdigit()))


def database_bytes(home: DaemonHome) -> int:
    """Return the size of the database file."""
    return Path(home.folder / "jobs.db").stat().st_size
