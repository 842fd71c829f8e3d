"""Waiting for the checks of a job, where they last longer than one answer is waited for."""

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.daemon import session
from djobsctl.following import follow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobsctl.talk import Talk


def when_checked(reported: "dict[str, Any]", talk: "Talk") -> "dict[str, Any]":
    """Return the report's answer once the checks have spoken; raise when they did not pass.

    The daemon tells of every step, and the next daemon goes on with checks that were begun.
    """
    job_id = reported["id"]
    for _ in follow(talk, {"job_ids": [job_id]}, {}):
        with session(talk) as call:
            detail = call("job.get", {"job_id": job_id, "events_limit": 1})
        if not detail["job"].get("checking"):
            return _verdict(reported, detail)
    raise AssertionError("notices have no end")


def _verdict(reported: "dict[str, Any]", detail: "dict[str, Any]") -> "dict[str, Any]":
    job, receipt = detail["job"], detail.get("receipt")
    if job["state"] == "succeeded":
        after = {key: value for key, value in reported.items() if key != "checking"}
        return {**after, "state": job["state"], "receipt": receipt}
    bad = [
        each["check"] for each in (receipt or {}).get("checks", []) if each["outcome"] != "passed"
    ]
    raise DjobsError(
        ErrorCode.VERIFICATION_FAILED,
        f"{job['id']} has not succeeded: {bad[0] if bad else 'a check'} did not pass.",
        job_id=job["id"],
        receipt=receipt,
    )
