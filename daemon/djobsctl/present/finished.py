"""What became of a job that was reported on, for people."""

from typing import Any

from djobsctl.handed_over import outcome
from djobsctl.present.evidence import receipt_lines
from djobsctl.present.screen import Screen
from djobsctl.present.text import ago, clock, plural, safe


def finished_job(job: dict[str, Any], screen: Screen) -> str:
    """Return how it stands, and what is left of its workflow; below it what its checks found."""
    lines = [f"{job['id']} {_end(job, screen)}; {_left(job['unfinished'])}."]
    unmet = job.get("unmet_dependencies")
    if unmet:
        lines.append(f"It was to wait for {', '.join(unmet)}, which has not succeeded.")
    if job.get("redacted"):
        lines.append(f"{plural(job['redacted'], 'secret')} in the text was replaced.")
    return "\n".join([*lines, *(f"  {safe(line)}" for line in receipt_lines(job.get("receipt")))])


def _end(job: dict[str, Any], screen: Screen) -> str:
    if job["state"] != "retry_scheduled":
        return outcome(job).replace("dead_lettered", "given up: no attempt is left")
    when = f"{clock(job['retry_at'], screen.now)}, {ago(job['retry_at'], screen.now)}"
    left = plural(job["attempts_left"], "attempt")
    return f"failed and is tried again at {when}, with {left} left"


def _left(unfinished: int) -> str:
    return f"its workflow has {plural(unfinished, 'unfinished job')}"
