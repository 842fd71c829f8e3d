"""Work handed to a real daemon, over its socket."""

import base64
from typing import Any

from djobs_local.call import Connection

PATIENCE_SECONDS = 30


def submit(connection: Connection, spec: str | list[str], **fields: Any) -> str:
    """Hand over a command and return its job's id."""
    payload = {"spec": spec, **fields.pop("payload", {})}
    job = {"type": "shell", "managed_by": "executor", "payload": payload, **fields}
    job_id: str = connection.call("job.enqueue", {"jobs": [job]})["jobs"][0]["id"]
    return job_id


def ended(connection: Connection, job_id: str) -> dict[str, Any]:
    """Return a job once it has ended."""
    asked = {"job_ids": [job_id], "wait_seconds": PATIENCE_SECONDS}
    assert connection.call("job.wait", asked)["done"]
    return job_of(connection, job_id)


def job_of(connection: Connection, job_id: str) -> dict[str, Any]:
    """Return a job as it is now."""
    job: dict[str, Any] = connection.call("job.get", {"job_id": job_id})["job"]
    return job


def log_of(connection: Connection, job_id: str, **asked: Any) -> bytes:
    """Return what a job's work printed."""
    return base64.b64decode(connection.call("job.log", {"job_id": job_id, **asked})["data"])


def wait_running(connection: Connection, job_id: str) -> None:
    """Return once a job's work has printed something."""
    assert log_of(connection, job_id, wait_seconds=PATIENCE_SECONDS)
