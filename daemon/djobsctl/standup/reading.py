"""What a report is made of, asked of the daemon: history, jobs, costs, questions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from djobs_protocol.limits import PAGE_ITEMS_MAX
from djobs_protocol.states import TERMINAL_EVENTS, EventKind

Call = Callable[[str, dict[str, Any]], dict[str, Any]]

KINDS: Final = sorted(
    {
        *TERMINAL_EVENTS,
        EventKind.CLAIMED,
        EventKind.RELEASED,
        EventKind.LEASE_LAPSED,
        EventKind.RETRY_SCHEDULED,
        EventKind.RETRIED,
    }
)
EVENTS_MAX: Final = 20_000
"""The newest; a report of more than that is read by nobody, and says that there was more."""
JOBS_MAX: Final = 5_000
"""Of the newest jobs, among which those that the history names are looked for."""


@dataclass(frozen=True)
class Material:
    """What was answered."""

    since: str
    until: str
    workspace: str | None
    events: tuple[Mapping[str, Any], ...]
    """Oldest first."""
    left_out: int
    """Older events of the same time."""
    jobs: Mapping[str, Mapping[str, Any]]
    """Those that the history names, as far as they were found, and those that run."""
    stats: Mapping[str, Any]
    questions: tuple[Mapping[str, Any], ...]


def read(call: Call, since: str, until: str | None, workspace: str | None) -> Material:
    """Ask for everything."""
    place = {} if workspace is None else {"workspace": workspace}
    span = {"since": since, **({} if until is None else {"until": until})}
    first, events = _events(call, {**span, **place, "kinds": [str(kind) for kind in KINDS]})
    running = _running(call, workspace)
    jobs = {job["id"]: job for job in running} | _jobs(call, {each["job_id"] for each in events})
    questions = call("budget.list", {}).get("questions", [])
    return Material(
        since=first["since"],
        until=first["until"],
        workspace=workspace,
        events=tuple(reversed(events)),
        left_out=max(0, (first.get("total") or 0) - len(events)),
        jobs=jobs,
        stats=call("queue.stats", {"since": since, **place}),
        questions=tuple(questions),
    )


def _events(call: Call, asked: dict[str, Any]) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    first = page = call("audit.query", {**asked, "limit": PAGE_ITEMS_MAX})
    events = list(first.get("events", []))
    while page.get("next_cursor") and len(events) < EVENTS_MAX:
        more = {**asked, "limit": PAGE_ITEMS_MAX, "cursor": page["next_cursor"]}
        page = call("audit.query", more)
        events += page.get("events", [])
    return first, events


def _running(call: Call, workspace: str | None) -> list[dict[str, Any]]:
    page = call("job.list", {"states": ["running"], "limit": PAGE_ITEMS_MAX})
    return [job for job in page["jobs"] if workspace in (None, job["workspace"])]


def _jobs(call: Call, wanted: set[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    asked: dict[str, Any] = {"limit": PAGE_ITEMS_MAX}
    looked_at = 0
    while len(found) < len(wanted) and looked_at < JOBS_MAX:
        page = call("job.list", asked)
        looked_at += len(page["jobs"])
        found |= {job["id"]: job for job in page["jobs"] if job["id"] in wanted}
        if not page.get("next_cursor"):
            break
        asked["cursor"] = page["next_cursor"]
    return found
