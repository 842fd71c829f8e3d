"""The Python library: record, report and read jobs from your own programs.

async with Client(workspace="/home/me/project") as client:
    job_id = await client.enqueue("resize", {"path": "a.png"})
    await client.complete(job_id, evidence="a.png is 400 px wide")
"""

from djobs.client import Client
from djobs.worker import Discard, JobContext, Worker
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.evidence import Check
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import JobBudget, NewJob

__all__ = [
    "Check",
    "Client",
    "Discard",
    "DjobsError",
    "ErrorCode",
    "EventKind",
    "JobBudget",
    "JobContext",
    "JobState",
    "NewJob",
    "Worker",
]
