"""From history and jobs to what was done, by whom, in what time, and what needs a human. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from djobs_protocol.states import TERMINAL_EVENTS
from djobsctl.present.jobs import brief, command_of
from djobsctl.present.text import moment, safe
from djobsctl.standup.reading import Material

EXECUTOR: Final = "executor"
"""The session under which the daemon itself works."""
OURSELVES: Final = "djobs"
BEGINS: Final = "claimed"
PAUSES: Final = frozenset({"released", "lease_lapsed", "retry_scheduled"})
DONE: Final = frozenset({"succeeded", "skipped"})
FAILED: Final = frozenset({"failed", "dead_lettered"})
TO_APPLY: Final = re.compile(r"djobsctl apply (\w+)")


def report_of(material: Material, now: float) -> dict[str, Any]:
    """Return the document of a report; ``now`` ends what still runs."""
    histories = _by_job(material.events)
    ended = [
        entry
        for job_id, history in histories.items()
        if (entry := _entry(job_id, history, material.jobs.get(job_id))) is not None
    ]
    running = [_running(job, now) for job in material.jobs.values() if job["state"] == "running"]
    return {
        "since": material.since,
        "until": material.until,
        "workspace": material.workspace,
        "totals": _totals(ended, running, material),
        "needs": _needs(ended, material),
        "workflows": _workflows(ended, running),
        "agents": _agents(ended, running),
        "cost_usd": material.stats["cost_usd"],
        "unpriced": bool(material.stats.get("unpriced")),
        "models": list(material.stats.get("usage", [])),
        "left_out": material.left_out,
    }


def _by_job(events: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    histories: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        histories.setdefault(event["job_id"], []).append(event)
    return histories


def _entry(
    job_id: str, history: list[Mapping[str, Any]], job: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return how a job ended in this time; None for one that is open again, or yet."""
    last = history[-1]
    if last["kind"] not in TERMINAL_EVENTS:
        return None
    worker = next((each for each in reversed(history) if each["kind"] == BEGINS), last)
    evidence, error = _said(last, job)
    return {
        "id": job_id,
        "type": last["job_type"],
        "state": last["state"],
        "workflow": last["correlation_id"],
        "what": _what(job),
        "agent": _who(worker),
        "seconds": seconds_worked(history, (job or {}).get("started_at")),
        "attempts": max(1, sum(each["kind"] == BEGINS for each in history)),
        "at": last["at"],
        "evidence": evidence,
        "error": error,
        "verified": (job or {}).get("verified"),
    }


def _said(last: Mapping[str, Any], job: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    """Return evidence and error: of the job if it is still as it ended, else what was noted."""
    is_same = job is not None and job["state"] == last["state"]
    if last["kind"] in DONE:
        return ((job or {}).get("evidence") if is_same else None) or last.get("note"), None
    return None, ((job or {}).get("last_error") if is_same else None) or last.get("note")


def seconds_worked(history: Iterable[Mapping[str, Any]], started_at: str | None) -> float | None:
    """Return how long a job was worked on within its history; None where nobody claimed it.

    ``started_at`` is for a history that begins after the work did.
    """
    total, begun, worked = 0.0, moment(started_at) if started_at else None, False
    seen_begin = False
    for event in history:
        at = moment(event["at"])
        if event["kind"] == BEGINS:
            begun, seen_begin = at, True
        elif event["kind"] in PAUSES or event["kind"] in TERMINAL_EVENTS:
            if begun is not None and at is not None and at >= begun:
                total, worked = total + (at - begun).total_seconds(), True
            begun = None
    return round(total, 3) if worked or seen_begin else None


def _running(job: Mapping[str, Any], now: float) -> dict[str, Any]:
    holder = job.get("holder") or {}
    started = moment(job.get("started_at"))
    return {
        "id": job["id"],
        "type": job["type"],
        "state": job["state"],
        "workflow": job["correlation_id"],
        "what": _what(job),
        "agent": _who(holder),
        "seconds": round(max(0.0, now - started.timestamp()), 3) if started else None,
        "attempts": job["attempt"],
        "at": job.get("started_at"),
        "evidence": None,
        "error": None,
        "verified": None,
    }


def _what(job: Mapping[str, Any] | None) -> str:
    return "" if job is None else command_of(job) or brief(job.get("payload"))


def _who(told: Mapping[str, Any]) -> str:
    if told.get("agent"):
        return str(told["agent"])
    session = str(told.get("session", ""))
    return OURSELVES if session == EXECUTOR else f"session {safe(session)}"


def _totals(
    ended: list[dict[str, Any]], running: list[dict[str, Any]], material: Material
) -> dict[str, Any]:
    counts = material.stats.get("counts", {})
    return {
        "done": sum(each["state"] in DONE for each in ended),
        "failed": sum(each["state"] in FAILED for each in ended),
        "given_up": sum(each["state"] not in DONE | FAILED for each in ended),
        "running": len(running),
        "waiting": counts.get("pending", 0) + counts.get("retry_scheduled", 0)
        if material.workspace is None
        else None,
        "seconds": round(sum(each["seconds"] or 0 for each in ended), 3),
    }


def _needs(ended: list[dict[str, Any]], material: Material) -> list[dict[str, str]]:
    """Return what nobody but a human gets on with, the questions first."""
    found = [
        {
            "kind": "budget",
            "id": asked["job_id"],
            "text": f"asks for {asked['unit']} of the {asked['scope']} budget",
            "next": f"djobsctl budget allow {asked['job_id']}",
        }
        for asked in material.questions
    ]
    for each in ended:
        job = material.jobs.get(each["id"])
        if each["state"] in FAILED and (job is None or job["state"] in FAILED):
            text = f"{each['state']}: {each['error'] or 'no reason given'}"
            step = f"djobsctl show {each['id']}"
            found.append({"kind": "failed", "id": each["id"], "text": text, "next": step})
        changes = TO_APPLY.search(each["evidence"] or "")
        if changes is not None and changes[1] == each["id"]:
            step = f"djobsctl apply {each['id']}"
            text = "changed files that wait to be looked at"
            found.append({"kind": "changes", "id": each["id"], "text": text, "next": step})
    return found


def _workflows(ended: list[dict[str, Any]], running: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for each in [*ended, *running]:
        group = groups.setdefault(
            each["workflow"], {"done": [], "failed": [], "running": [], "given_up": []}
        )
        group[_standing(each["state"])].append(each)
    named = [{"correlation_id": name, **group} for name, group in groups.items()]
    return sorted(named, key=lambda group: -sum(len(group[name]) for name in STANDINGS))


STANDINGS: Final = ("done", "failed", "running", "given_up")


def _standing(state: str) -> str:
    if state in DONE:
        return "done"
    return "failed" if state in FAILED else "running" if state == "running" else "given_up"


def _agents(ended: list[dict[str, Any]], running: list[dict[str, Any]]) -> list[dict[str, Any]]:
    people: dict[str, dict[str, Any]] = {}
    for each in [*ended, *running]:
        blank = {"agent": each["agent"], "done": 0, "failed": 0, "running": 0, "given_up": 0}
        row = people.setdefault(each["agent"], {**blank, "seconds": 0.0})
        row[_standing(each["state"])] += 1
        row["seconds"] = round(row["seconds"] + (each["seconds"] or 0), 3)
    return sorted(people.values(), key=lambda row: (-row["done"], row["agent"]))
