"""What the ledger says about the demo. Pure: rows and events in, counts out.

Nothing here comes from the memory of the demo itself, which died half-way like everything else.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

SESSIONS: Final = 2


class Line(NamedTuple):
    """One file of the final table."""

    job_id: str
    file: str
    session: int
    """1 or 2: who completed it; 0: nobody."""
    evidence: str
    completions: int


class Verdict(NamedTuple):
    """The counts, and whether every promise held."""

    enqueued: int
    before_kill: int
    recovered: int
    lost: int
    doubled: int
    announced: int | None
    """How many unfinished tasks the second session's instructions spoke of."""
    found_on_resume: int
    """What ``resume_session`` said was unfinished."""
    wrong_evidence: int
    database_ok: bool
    lines: list[Line]
    """In the order of recording."""

    @property
    def broken_promises(self) -> list[str]:
        """Say what did not hold; empty when all is well."""
        left = self.enqueued - self.before_kill
        checks = (
            (not self.lost, f"{self.lost} tasks were lost"),
            (not self.doubled, f"{self.doubled} tasks were done or recorded twice"),
            (self.before_kill > 0, "nothing was completed before the kill"),
            (self.recovered > 0, "nothing was left to recover"),
            (self.announced == left, f"the new session was told of {self.announced}, not {left}"),
            (self.found_on_resume == left, f"resume found {self.found_on_resume} of {left}"),
            (not self.wrong_evidence, f"{self.wrong_evidence} results are wrong"),
            (self.database_ok, "the database check found damage"),
        )
        return [complaint for held, complaint in checks if not held]


def judge(
    expected: Mapping[str, str],
    jobs: Sequence[Mapping[str, Any]],
    events: Sequence[Mapping[str, Any]],
    *,
    instructions: str,
    found_on_resume: int,
    database_ok: bool,
) -> Verdict:
    """Weigh the ledger against the files.

    ``expected`` maps each file to the evidence that a correct worker reports. The first session is
    the one that enqueued.
    """
    done = [event for event in events if event["kind"] == "succeeded"]
    completions = Counter(event["job_id"] for event in done)
    first = {event["session"] for event in events if event["kind"] == "enqueued"}
    order = {e["job_id"]: e["seq"] for e in events if e["kind"] == "enqueued"}
    session_of = {e["job_id"]: 1 if e["session"] in first else SESSIONS for e in done}
    lines = [
        Line(
            job_id=str(job["id"]),
            file=str(job["payload"]["file"]),
            session=session_of.get(job["id"], 0),
            evidence=str(job.get("evidence") or ""),
            completions=completions[job["id"]],
        )
        for job in sorted(jobs, key=lambda job: order.get(job["id"], 0))
    ]
    return Verdict(
        enqueued=len(jobs),
        before_kill=sum(line.session == 1 for line in lines),
        recovered=sum(line.session == SESSIONS for line in lines),
        lost=_lost(expected, jobs, completions),
        doubled=_doubled(lines, completions),
        announced=announced_in(instructions),
        found_on_resume=found_on_resume,
        wrong_evidence=sum(
            line.session != 0 and expected.get(line.file) != line.evidence for line in lines
        ),
        database_ok=database_ok,
        lines=lines,
    )


def announced_in(instructions: str) -> int | None:
    """Return the number of unfinished tasks that a server's instructions speak of."""
    match = re.search(r"(\d+) tasks? (?:is|are) unfinished", instructions)
    return int(match[1]) if match else None


def _lost(
    expected: Mapping[str, str], jobs: Sequence[Mapping[str, Any]], completions: Counter[str]
) -> int:
    """Count the files that no job stands for or whose job has no success to show."""
    finished = {
        job["payload"]["file"]
        for job in jobs
        if job["state"] == "succeeded" and completions[job["id"]]
    }
    return len(expected.keys() - finished)


def _doubled(lines: Sequence[Line], completions: Counter[str]) -> int:
    """Count the second and later jobs of one file, and second and later completions of one job."""
    again = sum(count - 1 for count in completions.values())
    return again + len(lines) - len({line.file for line in lines})
