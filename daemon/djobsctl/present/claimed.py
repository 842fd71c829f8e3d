"""A job that was taken, for whoever is to do it: a person, or a model that is handed the text.

A script may take the lines apart: each label begins one line, and no text of others does.
"""

from typing import Any, Final

from djobsctl.present.evidence import check_name
from djobsctl.present.fields import fields
from djobsctl.present.payloads import payload_lines
from djobsctl.present.screen import Screen
from djobsctl.present.text import ago, clock, safe

LABEL_COLUMNS: Final = len("Generation: ")
ERROR_CHARS_MAX: Final = 500
NOTE: Final = " ..."


def claimed_job(job: dict[str, Any], screen: Screen) -> str:
    """Return what there is to know before work begins."""
    holder = job["holder"]
    workflow, workspace = str(job["correlation_id"]), str(job["workspace"])
    return fields(
        [
            ("Job", str(job["id"])),
            ("Generation", str(holder["generation"])),
            ("Type", str(job["type"])),
            ("Payload", payload_lines(job.get("payload"), LABEL_COLUMNS, screen)),
            ("Attempt", f"{job['attempt']} of {job['max_attempts']}"),
            ("Agent", str(holder.get("agent") or "")),
            ("Lease until", _lease(holder.get("lease_expires_at"), screen)),
            ("Workspace", workspace),
            ("Workflow", workflow if workflow != workspace else ""),
            ("Checks", [safe(check_name(each)) for each in job.get("verify", [])]),
            ("Last error", _clipped(str(job.get("last_error") or ""))),
        ],
        screen,
    )


def _lease(until: Any, screen: Screen) -> str:
    return f"{clock(until, screen.now)}, {ago(until, screen.now)}"


def _clipped(text: str) -> str:
    return text if len(text) <= ERROR_CHARS_MAX else text[:ERROR_CHARS_MAX] + NOTE
