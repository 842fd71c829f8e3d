"""``djobsctl show ID``: one job with its history."""

import argparse
from typing import Any

from djobsctl.daemon import session
from djobsctl.options import job_id, within_a_page
from djobsctl.outcome import Outcome
from djobsctl.present.bringing import budget_line, variable_lines
from djobsctl.present.evidence import check_name, receipt_lines
from djobsctl.present.fields import fields
from djobsctl.present.jobs import is_paused, job_event_table
from djobsctl.present.payloads import payload_lines, wrapped
from djobsctl.present.screen import Screen
from djobsctl.present.text import ago, clock, length, safe
from djobsctl.talk import Talk

EVENTS_DEFAULT = 20
EVERYWHERE = ", of all workspaces"
LABEL_COLUMNS = len("Max duration: ")


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("job_id", metavar="ID", type=job_id, help="the job's id")
    parser.add_argument(
        "--events", type=within_a_page, default=EVENTS_DEFAULT, help="newest events (%(default)s)"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Ask the daemon."""
    with session(talk) as call:
        return Outcome(call("job.get", {"job_id": args.job_id, "events_limit": args.events}))


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the job's fields, then its events."""
    job = document["job"]
    events = document.get("events", [])
    total = document.get("events_total", len(events))
    title = f"Events ({len(events)} of {total})" if total > len(events) else "Events"
    return "\n".join(
        [
            fields(_rows(job, document, screen), screen),
            "",
            screen.paint(title, "bold"),
            job_event_table(events, screen),
        ]
    )


def _rows(
    job: dict[str, Any], detail: dict[str, Any], screen: Screen
) -> list[tuple[str, str | list[str]]]:
    return [
        ("Job", str(job["id"])),
        ("State", str(job["state"])),
        ("Type", str(job["type"])),
        ("Workflow", str(job["correlation_id"])),
        ("Workspace", job["workspace"] if job["workspace"] != job["correlation_id"] else ""),
        ("Enqueued", ago(job["created_at"], screen.now)),
        ("Started", ago(job["started_at"], screen.now) if job.get("started_at") else ""),
        ("Finished", ago(job["finished_at"], screen.now) if job.get("finished_at") else ""),
        ("Archived", ago(job["archived_at"], screen.now) if job.get("archived_at") else ""),
        ("Paused", f"since {ago(job['paused_at'], screen.now)}" if is_paused(job) else ""),
        ("Stopping", _stopping(job, screen)),
        ("Exit code", str(job.get("exit_code", ""))),
        ("Max duration", _max_duration(job)),
        ("Sandbox", str(job.get("sandbox", ""))),
        ("Attempt", f"{job['attempt']} of {job['max_attempts']}" if job["attempt"] else ""),
        ("Priority", str(job["priority"])),
        ("Schedule", str(detail.get("schedule", ""))),
        ("Managed by", str(job["managed_by"])),
        ("Depth", f"{job['depth']}, submitted by what a job runs" if job.get("depth") else ""),
        ("Held by", _holder(job, screen)),
        ("Depends on", ", ".join(detail.get("depends_on", []))),
        ("Waits for", ", ".join(job.get("blocked_by", []))),
        ("Resource", _resource(job)),
        ("Key", _key(job, screen)),
        ("Payload", payload_lines(job.get("payload"), LABEL_COLUMNS, screen)),
        ("Budget", budget_line(job.get("budget"))),
        ("Variables", [safe(each) for each in variable_lines(job.get("env", {}))]),
        ("Confined", _confined(job)),
        ("Checks", [safe(check_name(each)) for each in job.get("verify", [])]),
        ("Checked", _checked(job, detail, screen)),
        ("Evidence", _lines(job.get("evidence"), screen)),
        ("Error", _lines(job.get("last_error"), screen)),
    ]


def _confined(job: dict[str, Any]) -> str:
    level = job.get("sandbox_required")
    return f"{level} at least, as its submitter was" if level else ""


def _lines(text: str | None, screen: Screen) -> list[str]:
    return wrapped((text or "").splitlines(), LABEL_COLUMNS, screen)


def _checked(job: dict[str, Any], detail: dict[str, Any], screen: Screen) -> list[str]:
    lines = ["being run"] if job.get("checking") else []
    return lines + wrapped(receipt_lines(detail.get("receipt")), LABEL_COLUMNS, screen)


def _stopping(job: dict[str, Any], screen: Screen) -> str:
    asked = job.get("stop_requested_at") if job["state"] == "running" else None
    return f"since {ago(asked, screen.now)}" if asked else ""


def _max_duration(job: dict[str, Any]) -> str:
    return length(job["max_duration_seconds"]) if job.get("max_duration_seconds") else ""


def _holder(job: dict[str, Any], screen: Screen) -> str:
    holder = job.get("holder")
    if not holder:
        return ""
    who = holder.get("agent") or holder["session"]
    if holder.get("generation"):
        who = f"{who}, generation {holder['generation']}"
    lease = holder.get("lease_expires_at")
    return f"{who}, lease ends {ago(lease, screen.now)}" if lease else str(who)


def _resource(job: dict[str, Any]) -> str:
    if not job.get("resource_key"):
        return ""
    return str(job["resource_key"]) + (
        EVERYWHERE if job.get("resource_scope") == "everywhere" else ""
    )


def _key(job: dict[str, Any], screen: Screen) -> str:
    """Return the key, and what is unusual about whom it counts for and how long."""
    if not job.get("idempotency_key"):
        return ""
    notes = EVERYWHERE if job.get("key_scope") == "everywhere" else ""
    if job.get("key_until"):
        notes += f", until {clock(job['key_until'], screen.now)}"
    elif job.get("key_states") == "incomplete":
        notes += ", until the job ends"
    return str(job["idempotency_key"]) + notes
