"""What the ledger takes and gives: plain values, whatever database is behind it.

Times are integers, milliseconds since the epoch, UTC.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from djobs_protocol.replies import Reply
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import KeyStates, LimitScope, ManagedBy, OnFailure, PauseScope


class RequestKey(NamedTuple):
    """Names one request of one session for ever, so that its effect happens once."""

    session: str
    number: str
    """The line number of a shim, or the request id of an RPC client."""
    digest: bytes
    """8 bytes over the request itself: another request under the same key is refused."""


def digest(content: bytes) -> bytes:
    """Return the 8 bytes that tell one request from another under the same key."""
    return blake2b(content, digest_size=8).digest()


class Actor(NamedTuple):
    """Who asks: written into every event."""

    session: str
    kind: str
    """``mcp``, ``cli``, ``library`` or ``daemon``."""
    agent: str | None = None
    workspace: str = ""
    client: str = ""
    """Name and version of the program, as it says itself."""
    pid: int = 0
    process_start: int | None = None
    boot: str | None = None
    pid_namespace: int | None = None
    """With the pid, these name one process for ever (R4)."""
    depth: int = 0
    """Of the job that it works inside; 0 outside of jobs (R53)."""


class Need(NamedTuple):
    """A dependency of a job about to be stored."""

    job: str | int
    """The id of a stored job, or the place of one among the drafts stored with this."""
    on_failure: OnFailure = "block"


class JobRow(msgspec.Struct, frozen=True):
    """A job as stored. ``queue`` rules read these; only the store writes them."""

    seq: int
    id: str
    run: int
    """1, and one more with each explicit retry; one terminal state per run."""
    type: str
    managed_by: ManagedBy
    state: JobState
    priority: int
    payload: str
    """JSON text."""
    correlation_id: str
    workspace: str
    idempotency_key: str | None
    resource_key: str | None
    attempt: int
    max_attempts: int
    blockers: int
    """Dependencies that are not met."""
    due: bool
    """``run_at`` has come."""
    parked: bool
    """Out of the way of claims until its resource is free."""
    key_everywhere: bool
    """The idempotency key names one job of all workspaces, not of its own alone."""
    resource_everywhere: bool
    key_states: KeyStates
    key_until: int | None
    """Until then the key names the job whatever becomes of it; ``key_states`` says nothing."""
    paused_at: int | None
    archived_at: int | None
    lease_ms: int | None
    """How long a claim of it lasts, where the job says so itself."""
    held_ms: int | None
    """How long the claim under way lasts, where that said so."""
    retry_policy: str | None
    """JSON of what differs from the type's policy."""
    revision: int
    generation: int
    holder_session: str | None
    holder_agent: str | None
    lease_expires_at: int | None
    run_at: int
    created_at: int
    updated_at: int
    started_at: int | None
    finished_at: int | None
    finished_by: str | None
    """The session whose report ended the run."""
    evidence: str | None
    last_error: str | None
    max_duration_ms: int | None = None
    """How long what the daemon runs for it may take; for jobs of executors."""
    stop_requested_at: int | None = None
    """Somebody wants what runs for it ended; it is running until that has happened."""
    exit_code: int | None = None
    """Of the command that ran for it, as a shell counts: 128 and the signal that ended it."""
    sandbox_enforced: str | None = None
    """What really confined the command that ran for it."""
    depth: int = 1
    """How many jobs lie inside each other, this among them."""
    verify: str | None = None
    """JSON of its checks."""
    verified: bool | None = None
    """What they said last."""
    offered_in: int | None = None
    """The event whose report of success is being checked."""
    receipt_in: int | None = None
    """The event whose text is the receipt of the last check."""
    budget: str | None = None
    """JSON of what it may use, as it was enqueued."""
    env: str | None = None
    """JSON of its own variables; null for one whose value stands in secrets.env."""
    sandbox: str | None = None
    """JSON of how far what runs for it is confined at least, as its submitter was."""


class JobDraft(msgspec.Struct, frozen=True):
    """A job about to be stored."""

    type: str
    payload: str
    correlation_id: str
    workspace: str
    priority: int
    max_attempts: int
    managed_by: ManagedBy = "agent"
    idempotency_key: str | None = None
    key_everywhere: bool = False
    """The idempotency key names one job of all workspaces, not of its own alone."""
    key_states: KeyStates = "successful"
    key_ms: int | None = None
    """The key names the job for so long, whatever becomes of it."""
    resource_key: str | None = None
    resource_everywhere: bool = False
    depends_on: tuple[Need, ...] = ()
    blockers: int = 0
    run_at: int | None = None
    """None means now, or after ``delay_ms``."""
    delay_ms: int | None = None
    """Counted from the transaction."""
    lease_ms: int | None = None
    retry_policy: str | None = None
    max_duration_ms: int | None = None
    verify: str | None = None
    """JSON of its checks."""
    budget: str | None = None
    env: str | None = None
    sandbox: str | None = None
    graph_key: str | None = None
    schedule: int | None = None
    """The number of the schedule that makes it."""
    note: str | None = None
    """Of its first event."""
    depth: int = 1


class Wanted(msgspec.Struct, frozen=True):
    """Which jobs a claim would take."""

    managed_by: ManagedBy = "agent"
    types: tuple[str, ...] = ()
    """Any when empty."""
    workspace: str | None = None
    correlation_id: str | None = None
    """Goes before the workspace; with neither, all workspaces take turns."""
    after_workspace: str = ""
    """Whose turn it was last."""
    but_workspaces: tuple[str, ...] = ()
    """None of theirs."""


class HeldJob(NamedTuple):
    """A running job as far as its lease is concerned."""

    id: str
    session: str
    lease_expires_at: int
    lease_ms: int | None
    managed_by: ManagedBy
    attempt: int
    max_attempts: int
    offered: bool = False
    """Its holder has reported success, and the checks run: the lease has no end until they have."""


class PauseRow(NamedTuple):
    """Something that no claim takes for now."""

    scope: PauseScope
    subject: str
    """A workspace's path or a type; empty for everything."""
    at: int
    session: str
    reason: str | None


class Limited(NamedTuple):
    """What a limit is about."""

    scope: LimitScope
    subject: str
    """A type, a workspace's path or a resource key."""
    place: str = ""
    """The workspace that a resource belongs to; empty for one of all workspaces."""


class Bounds(NamedTuple):
    """What a limit allows."""

    running: int | None
    """Jobs at once."""
    starts: int | None
    """In any window of ``window_ms``."""
    window_ms: int | None


class LimitRow(NamedTuple):
    """A limit, and how it stands."""

    scope: LimitScope
    subject: str
    place: str
    running: int | None
    starts: int | None
    window_ms: int | None
    at: int
    session: str
    running_now: int
    oldest_start: int | None
    """When the first of the last ``starts`` starts was, if there were as many."""


class AgentRow(NamedTuple):
    """A registered agent."""

    id: str
    capabilities: tuple[str, ...]
    metadata: str
    """JSON text."""
    registered_at: int
    seen_at: int


class EventRow(msgspec.Struct, frozen=True):
    """One line of the history as stored."""

    seq: int
    at: int
    kind: EventKind
    job_id: str
    job_type: str
    correlation_id: str
    state: JobState
    session: str
    agent: str | None
    note: str | None


class JobFilter(msgspec.Struct, frozen=True):
    """Which jobs; empty means all."""

    correlation_id: str | None = None
    states: tuple[JobState, ...] = ()
    archived: bool = False
    """The archived ones instead of the others; nobody counts them by state."""


class Ready(NamedTuple):
    """A job that a claim may take from now on."""

    managed_by: str
    type: str
    correlation_id: str
    workspace: str


def as_ready(job: JobRow) -> Ready:
    """Return a job as those who wait hear of it."""
    return Ready(job.managed_by, job.type, job.correlation_id, job.workspace)


class Committed(NamedTuple):
    """What a commit changed for those who wait."""

    ready: Sequence[Ready]
    deadlines_moved: bool
    """Something else than a lease may be due earlier than before."""
    resumed: bool = False
    """A pause ended, or a limit lets more start: any claim that waits may find something."""
    newest: int = 0
    """The number of the last line of the history."""
    ended: Sequence[str] = ()
    """Jobs that ended."""
    lease: int | None = None
    """The end of the earliest lease that began."""


class Deadlines(NamedTuple):
    """The next moments at which a job changes by itself; None where there is none."""

    lease: int | None
    retry: int | None
    run_at: int | None
    opens: tuple[int, ...] = ()
    """When each limited rate lets the next job start; some of these may have passed."""
    schedule: int | None = None
    """The next time of a schedule."""


class EventFilter(msgspec.Struct, frozen=True):
    """Which events: ``since`` inclusive, ``until`` exclusive."""

    since: int
    until: int
    correlation_id: str | None = None
    kinds: tuple[EventKind, ...] = ()
    types: tuple[str, ...] = ()
    workspace: str | None = None
    agent: str | None = None
    session: str | None = None
    job_id: str | None = None


class FeedFilter(msgspec.Struct, frozen=True):
    """Which lines of the history a follower wants; empty means all."""

    job_ids: tuple[str, ...] = ()
    correlation_ids: tuple[str, ...] = ()
    """With ``job_ids``: of these jobs or of these workflows."""
    kinds: tuple[EventKind, ...] = ()
    types: tuple[str, ...] = ()
    agent: str | None = None


class FeedPage(NamedTuple):
    """Lines of the history after an offset, oldest first."""

    events: Sequence[EventRow]
    offset: int
    """Every line up to here has been looked at."""
    first: int
    """The number of the first line that is still kept."""
    newest: int
    """The number of the last line; 0 for a history without any."""


class EventCounts(NamedTuple):
    """How many events match a filter, five ways. What no named agent did is in no ``by_agent``."""

    total: int
    by_kind: Mapping[str, int]
    by_type: Mapping[str, int]
    by_workspace: Mapping[str, int]
    by_agent: Mapping[str, int]
    by_session: Mapping[str, int]


class Done(msgspec.Struct, frozen=True):
    """Nothing to answer with: an answer like this is not kept, so what asked may ask again."""


def encode_reply(reply: Reply | Done) -> bytes:
    """Encode a reply as it goes over the wire."""
    return _encode(reply)


_encode = msgspec.json.Encoder().encode
