"""What can be looked at by its address: a job, and a workflow. Knows no SDK.

A resource is an address and the request that reads it; its text is what a tool answers to that.
"""

from typing import Final, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

from djobs_daemon.queue.correlation import normalise
from djobs_daemon.store.records import EventRow, FeedFilter
from djobs_protocol.limits import CORRELATION_CHARS_MAX, JOB_ID_CHARS_MAX
from djobs_protocol.reading_requests import GetJob, ResumeSession

MIME: Final = "application/json"
_JOB: Final = "djobs://job/"
_WORKFLOW: Final = "djobs://workflow/"


class Template(NamedTuple):
    """A form of addresses, as ``resources/templates/list`` shows it."""

    uri: str
    name: str
    description: str


TEMPLATES: Final = (
    Template(_JOB + "{id}", "task", "One task: state, payload, evidence, history."),
    Template(_WORKFLOW + "{correlation_id}", "workflow", "What is unfinished in a workflow."),
)
HERE_NAME: Final = "this workspace"
HERE_DESCRIPTION: Final = "What is unfinished in this workspace."


class JobSubject(NamedTuple):
    """A job."""

    job_id: str

    def request(self) -> GetJob:
        """Return the request that reads it."""
        return GetJob(job_id=self.job_id)

    def concerns(self, event: EventRow) -> bool:
        """Say whether an event may have changed what is read."""
        return event.job_id == self.job_id


class WorkflowSubject(NamedTuple):
    """The jobs of one correlation_id."""

    correlation_id: str

    def request(self) -> ResumeSession:
        """Return the request that reads what is unfinished."""
        return ResumeSession(correlation_id=self.correlation_id)

    def concerns(self, event: EventRow) -> bool:
        """Say whether an event may have changed what is read."""
        return event.correlation_id == self.correlation_id


Subject: TypeAlias = JobSubject | WorkflowSubject


def subject_of(uri: str) -> Subject | None:
    """Return what an address names; None when it is none of ours."""
    if uri.startswith(_JOB):
        job_id = unquote(uri.removeprefix(_JOB))
        return JobSubject(job_id) if 0 < len(job_id) <= JOB_ID_CHARS_MAX else None
    if uri.startswith(_WORKFLOW):
        workflow = unquote(uri.removeprefix(_WORKFLOW))
        if 0 < len(workflow) <= CORRELATION_CHARS_MAX:
            return WorkflowSubject(normalise(workflow))
    return None


def workflow_uri(correlation_id: str) -> str:
    """Return the address of a workflow."""
    return _WORKFLOW + quote(correlation_id, safe="")


def events_of(subjects: list[Subject]) -> FeedFilter:
    """Return the filter for the events that concern any of these."""
    return FeedFilter(
        job_ids=tuple(each.job_id for each in subjects if isinstance(each, JobSubject)),
        correlation_ids=tuple(
            each.correlation_id for each in subjects if isinstance(each, WorkflowSubject)
        ),
    )
