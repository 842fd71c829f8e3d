"""How a job that was handed over ended, for a shell and for a person."""

from djobsctl.daemon import session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from djobsctl.talk import Talk

EXIT_NO_CODE = 125
"""It ended without success and without an exit code of its own, as timeout(1) and env(1) have it
where the command itself is not to blame."""
WELL = ("succeeded", "skipped")


def exit_status(job: "Mapping[str, Any]") -> int:
    """Return the exit code of a job that has ended; never 0 for one that did not end well."""
    if job["state"] in WELL:
        return 0
    return job.get("exit_code") or EXIT_NO_CODE


def how_it_ended(job_id: str, talk: "Talk") -> "dict[str, Any]":
    """Return a job that has ended; say what became of it, unless its output says it all."""
    with session(talk) as call:
        detail = call("job.get", {"job_id": job_id, "events_limit": 1})
    job: dict[str, Any] = detail["job"]
    if not (job["state"] in WELL and job["type"] == "shell"):
        talk.say(sentence(job, detail.get("events", [])))
    return job


def sentence(job: "Mapping[str, Any]", newest: "Sequence[Mapping[str, Any]]") -> str:
    """Return what became of a job, in the first line of what its last event says."""
    from djobsctl.present.text import safe

    notes = [event.get("note") for event in newest if event["kind"] == job["state"]]
    first = next(iter(str(notes[0] or "").splitlines()), "").rstrip(".:") if notes else ""
    return safe(f"{job['id']} {outcome(job)}{': ' + first if first else ''}.")


def outcome(job: "Mapping[str, Any]") -> str:
    """Return how it ended, after its name: ``failed``, ``was stopped``."""
    state = str(job["state"])
    return state if state in ("succeeded", "failed") else f"was {state}"
