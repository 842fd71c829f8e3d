"""Who has an idempotency key now. A window that has passed is ended by whoever wants the key."""

from collections.abc import Iterable

from djobs_daemon.queue.finish import moment_text
from djobs_daemon.queue.keys import Key, Owners, is_over, key_of
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind


def owners(ledger: Ledger, keys: Iterable[Key], workspace: str) -> Owners:
    """Return the job that each key names; keys whose window has passed are freed, and name none."""
    found: dict[Key, JobRow] = {}
    texts: dict[bool, list[str]] = {False: [], True: []}
    for key in keys:
        texts[key.everywhere].append(key.text)
    for everywhere, named in texts.items():
        if named:
            owned = ledger.jobs_by_keys(None if everywhere else workspace, named)
            found |= {Key(text, everywhere): job for text, job in owned.items()}
    return {key: job for key, job in found.items() if not _ended(ledger, job)}


def _ended(ledger: Ledger, owner: JobRow) -> bool:
    if not is_over(owner, ledger.now):
        return False
    said = f"its idempotency key was free again from {moment_text(owner.key_until)}"
    ledger.mark(owner, EventKind.AMENDED, said, idempotency_key_freed=ledger.now)
    return True


def successor(ledger: Ledger, job: JobRow) -> JobRow | None:
    """Return the newer job that has the idempotency key of one that ended, if there is one."""
    key = key_of(job)
    if key is None:
        return None
    owner = owners(ledger, [key], job.workspace).get(key)
    return None if owner is None or owner.id == job.id else owner


def require_own_key(ledger: Ledger, job: JobRow) -> None:
    """Raise ``IDEMPOTENCY_CONFLICT`` if an ended job cannot be opened, for another has its key."""
    newer = successor(ledger, job)
    if newer is not None:
        raise DjobsError(
            ErrorCode.IDEMPOTENCY_CONFLICT,
            f"{job.id} stays {job.state}: {newer.id}, {newer.state}, has its idempotency_key "
            f"{job.idempotency_key!r} now.",
            owner=newer.id,
            hint=f"Retry {newer.id} if that one has not succeeded, or leave it at that.",
        )
