"""Which jobs an enqueue stores, and which it finds already there."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from djobs_daemon.queue.checks import stored_checks
from djobs_daemon.queue.dependencies import find_cycle, is_met
from djobs_daemon.queue.depth import require_shallow, too_deep
from djobs_daemon.queue.given import stored_budget, stored_variables
from djobs_daemon.queue.keys import Key, Owners, key_of, require_consistent
from djobs_daemon.queue.present import as_milliseconds, milliseconds
from djobs_daemon.queue.redaction import holds_secret, may_hold_secret, redact_value
from djobs_daemon.queue.retry import stored_policy
from djobs_daemon.store.records import JobDraft, JobRow, Need
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import JobState
from djobs_protocol.values import ATTEMPTS_DEFAULT, PRIORITY_DEFAULT, ManagedBy, NewJob

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

_NAMED: Final = ("type (task_type)", "idempotency_key", "resource_key", "correlation_id")


class Existing(NamedTuple):
    """The idempotency key names a job that is stored already."""

    job: JobRow


class Repeats(NamedTuple):
    """The idempotency key names an earlier job of the same batch."""

    position: int


Planned = JobDraft | Existing | Repeats


def draft(
    job: NewJob, correlation_id: str, workspace: str, payload_bytes_max: int, depth: int = 1
) -> JobDraft:
    """Return what would be stored for one requested job: payload encoded, bounded and redacted.

    Raises ``DjobsError``: ``TOO_LARGE``, or ``INVALID_PARAMS`` for text that is not Unicode and for
    a secret in a name, which cannot be replaced: it would be another name.
    """
    require_consistent(job)
    if job.run_at is not None and job.delay_seconds is not None:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            "run_at is a time of day, delay_seconds counts from now; expected one of them.",
        )
    payload = _bounded(job.payload, payload_bytes_max)
    own_workflow = "" if correlation_id == workspace else correlation_id
    names = (job.type, job.idempotency_key or "", job.resource_key or "", own_workflow)
    if may_hold_secret("\n".join((*names, payload))):
        _require_no_secrets(names)
        payload = _encode(redact_value(job.payload)).decode()
    return JobDraft(
        type=job.type,
        payload=payload,
        correlation_id=correlation_id,
        workspace=workspace,
        priority=job.priority or PRIORITY_DEFAULT,
        max_attempts=job.max_attempts or attempts_default(job.managed_by),
        idempotency_key=job.idempotency_key,
        key_everywhere=job.key_scope == "everywhere",
        key_states=job.key_states,
        key_ms=as_milliseconds(job.key_seconds),
        resource_key=job.resource_key,
        resource_everywhere=job.resource_scope == "everywhere",
        depends_on=_needs(job) if job.depends_on else (),
        managed_by=job.managed_by or "agent",
        run_at=None if job.run_at is None else milliseconds(job.run_at),
        delay_ms=as_milliseconds(job.delay_seconds),
        lease_ms=as_milliseconds(job.lease_seconds),
        retry_policy=None if job.retry is None else stored_policy(job.retry),
        max_duration_ms=as_milliseconds(job.max_duration_seconds),
        verify=stored_checks(job.verify) if job.verify else None,
        budget=stored_budget(job.budget),
        env=stored_variables(job.env) if job.env else None,
        graph_key=job.graph_key,
        depth=depth,
    )


def attempts_default(managed_by: ManagedBy | None) -> int:
    """Return the attempts of a job that says nothing; what costs money is made once."""
    return 1 if managed_by == "executor" else ATTEMPTS_DEFAULT


def stored_payload(payload: Any, bytes_max: int) -> str:
    """Return a payload as it is stored: encoded, bounded and redacted; raise ``TOO_LARGE``."""
    encoded = _bounded(payload, bytes_max)
    return _encode(redact_value(payload)).decode() if may_hold_secret(encoded) else encoded


def _bounded(payload: Any, bytes_max: int) -> str:
    encoded = _encoded(payload)
    if len(encoded) > bytes_max:
        raise DjobsError(
            ErrorCode.TOO_LARGE,
            f"payload is {len(encoded)} bytes of JSON; the limit is {bytes_max} "
            "(PAYLOAD_BYTES_MAX).",
            limit=bytes_max,
        )
    require_shallow(payload, encoded)
    return encoded.decode()


def _needs(job: NewJob) -> tuple[Need, ...]:
    return tuple(Need(each, job.on_dependency_failure) for each in dict.fromkeys(job.depends_on))


def _require_no_secrets(names: Sequence[str]) -> None:
    for argument, name in zip(_NAMED, names, strict=True):
        if holds_secret(name):
            raise DjobsError(
                ErrorCode.INVALID_PARAMS,
                f"{argument} holds what looks like a secret, and names are stored as they are; "
                "expected a name without it. Nothing was enqueued.",
            )


def _encoded(payload: Any) -> bytes:
    try:
        return _encode(payload)
    except UnicodeEncodeError as error:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS, f"payload holds text that is not Unicode: {error.reason}."
        ) from None
    except RecursionError:
        raise too_deep() from None


def plan(
    drafts: Sequence[JobDraft],
    owners: Owners,
    dependency_states: Mapping[str, JobState],
) -> list[Planned]:
    """Decide for each draft: store it, or answer with the job its key already names.

    ``owners`` has the jobs that the drafts' idempotency keys name. A dependency is a stored job's
    id, or the ``graph_key`` of another draft. Raises ``UNKNOWN_DEPENDENCY``, ``DEPENDENCY_CYCLE``
    or ``IDEMPOTENCY_CONFLICT``; then nothing of the batch may be stored.
    """
    planned, places = _known_or_new(drafts, owners), _places(drafts)
    if not any(each.depends_on for each in drafts):
        return planned
    return _with_dependencies(planned, dependency_states, places)


def ids_needed(drafts: Sequence[JobDraft]) -> list[str]:
    """Return what may be ids of stored jobs among the dependencies of a batch."""
    local = {draft.graph_key for draft in drafts}
    named = {need.job for draft in drafts for need in draft.depends_on}
    return [each for each in named if isinstance(each, str) and each not in local]


def _known_or_new(drafts: Sequence[JobDraft], owners: Owners) -> list[Planned]:
    planned: list[Planned] = []
    first_use: dict[Key, int] = {}
    for position, wanted in enumerate(drafts):
        key = key_of(wanted)
        if key is not None and key in owners:
            _require_same(wanted, owners[key].type, owners[key].payload, owners[key].id)
            _require_same_workflow(wanted, owners[key])
            planned.append(Existing(owners[key]))
        elif key is not None and key in first_use:
            earlier = drafts[first_use[key]]
            _require_same(wanted, earlier.type, earlier.payload, f"task {first_use[key] + 1}")
            planned.append(Repeats(first_use[key]))
        else:
            if key is not None:
                first_use[key] = position
            planned.append(wanted)
    return planned


def _places(drafts: Sequence[JobDraft]) -> dict[str, int]:
    places: dict[str, int] = {}
    for position, wanted in enumerate(drafts):
        if wanted.graph_key is None:
            continue
        if wanted.graph_key in places:
            raise DjobsError(
                ErrorCode.INVALID_PARAMS,
                f"graph_key {wanted.graph_key!r} names two tasks of this call; nothing was "
                "enqueued.",
            )
        places[wanted.graph_key] = position
    return places


def _with_dependencies(
    planned: Sequence[Planned], states: Mapping[str, JobState], places: Mapping[str, int]
) -> list[Planned]:
    numbers = _numbers_among_stored(planned)
    resolved: list[Planned] = []
    waits_for: dict[int, list[int]] = {}
    for position, each in enumerate(planned):
        if not isinstance(each, JobDraft) or not each.depends_on:
            resolved.append(each)
            continue
        needs, blockers = [], 0
        for need in each.depends_on:
            job, state = _find(need, planned, states, places, numbers)
            needs.append(Need(job, need.on_failure))
            blockers += state is None or not is_met(state, need.on_failure)
        waits_for[numbers[position]] = [need.job for need in needs if isinstance(need.job, int)]
        resolved.append(msgspec.structs.replace(each, depends_on=tuple(needs), blockers=blockers))
    _require_no_cycle(waits_for, planned, numbers)
    return resolved


def _numbers_among_stored(planned: Sequence[Planned]) -> dict[int, int]:
    stored = (place for place, each in enumerate(planned) if isinstance(each, JobDraft))
    return {place: number for number, place in enumerate(stored)}


def _find(
    need: Need,
    planned: Sequence[Planned],
    states: Mapping[str, JobState],
    places: Mapping[str, int],
    numbers: Mapping[int, int],
) -> tuple[str | int, JobState | None]:
    """Return the job a dependency means, and its state if it is stored already."""
    name = str(need.job)
    if name not in places:
        if name not in states:
            raise DjobsError(
                ErrorCode.UNKNOWN_DEPENDENCY,
                f"depends_on names {name}, which does not exist; nothing was enqueued.",
                unknown=[name],
            )
        return name, states[name]
    place = places[name]
    found = planned[place]
    if isinstance(found, Repeats):
        place, found = found.position, planned[found.position]
    if isinstance(found, Existing):
        return found.job.id, found.job.state
    return numbers[place], None


def _require_no_cycle(
    waits_for: Mapping[int, Sequence[int]],
    planned: Sequence[Planned],
    numbers: Mapping[int, int],
) -> None:
    circle = find_cycle(waits_for)
    if circle is None:
        return
    drafts = {number: planned[place] for place, number in numbers.items()}
    names = [getattr(drafts[number], "graph_key", "?") for number in circle]
    raise DjobsError(
        ErrorCode.DEPENDENCY_CYCLE,
        f"{' needs '.join([*names, names[0]])}: tasks would wait for each other; nothing was "
        "enqueued.",
        cycle=names,
    )


def _require_same(wanted: JobDraft, kind: str, payload: str, where: str) -> None:
    if wanted.type != kind or not _is_same_json(wanted.payload, payload):
        raise DjobsError(
            ErrorCode.IDEMPOTENCY_CONFLICT,
            f"idempotency_key {wanted.idempotency_key!r} belongs to {where}, a {kind!r} task with "
            "another type or payload; nothing was enqueued.",
            owner=where,
        )


def _require_same_workflow(wanted: JobDraft, owner: JobRow) -> None:
    """Refuse to pass off a job of one workflow as one of another: no resume there would find it.

    Who asks for a key of all workspaces asks for just that, and is told the workflow.
    """
    if wanted.correlation_id != owner.correlation_id and not wanted.key_everywhere:
        raise DjobsError(
            ErrorCode.IDEMPOTENCY_CONFLICT,
            f"idempotency_key {wanted.idempotency_key!r} belongs to {owner.id} of the workflow "
            f"{owner.correlation_id!r}, not {wanted.correlation_id!r}; nothing was enqueued.",
            owner=owner.id,
        )


def _is_same_json(text: str, other: str) -> bool:
    """Compare as JSON: an agent that asks again may name the members in another order."""
    return text == other or _decode(text) == _decode(other)
