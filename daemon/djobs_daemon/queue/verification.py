"""What the verdict of checks means for their job. Pure: the table of evidence.

========================  =========================  ===========================================
while checks run          an agent's or worker's     an executor's job
========================  =========================  ===========================================
all pass                  succeeded                  succeeded
one does not              running, still held        failed, or another try by its policy
its holder dies           goes on; then as above,    (its holder is the daemon: the next one
                          and released if one failed  goes on)
its lease would lapse     renewed                    (it has none)
somebody cancels it       stopped at once; void      stopped, once the check under way is
released, failed, moved   void                       (nobody may)
========================  =========================  ===========================================

Void: nothing is recorded; the job is no longer the one whose success was reported. A verdict costs
an agent no attempt, so ``max_attempts`` bounds claims, not completions.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from djobs_daemon.store.records import JobRow, RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.evidence import CheckResult, Receipt
from djobs_protocol.states import JobState

SAID_CHARS_MAX: Final = 1500
"""Of a check's output, in its receipt and in the refusal."""


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A report of success that is being checked, as its event keeps it."""

    evidence: str | None = None
    session: str = ""
    agent: str | None = None
    """Who reported; the job's end bears this name."""
    request: tuple[str, str, bytes] | None = None
    """By which request, so that asking it again after a crash is no second report."""


class Verdict(StrEnum):
    """What becomes of the report."""

    VOID = "void"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"


class StoredReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A receipt as its event keeps it."""

    receipt: Receipt
    request: tuple[str, str, bytes] | None = None


class Verified(NamedTuple):
    """The end of a job's checks."""

    receipt: Receipt
    stopped: bool = False
    """Somebody stopped them."""


def judge(job: JobRow | None, offered_in: int, receipt: Receipt) -> Verdict:
    """Say what a receipt means for an agent's or worker's job as it stands now."""
    if job is None or job.state is not JobState.RUNNING or job.offered_in != offered_in:
        return Verdict.VOID
    return Verdict.SUCCEEDED if receipt.passed else Verdict.REFUSED


def encode_offer(offer: Offer) -> str:
    """Return an offer as its event keeps it."""
    return msgspec.json.encode(offer).decode()


def decode_offer(text: str | None) -> Offer:
    """Return the offer of an event."""
    return Offer() if text is None else msgspec.json.decode(text, type=Offer)


def encode_receipt(receipt: Receipt, request: tuple[str, str, bytes] | None = None) -> str:
    """Return a receipt as its event keeps it."""
    return msgspec.json.encode(StoredReceipt(receipt, request)).decode()


def decode_receipt(text: str) -> StoredReceipt:
    """Return the receipt of an event."""
    return msgspec.json.decode(text, type=StoredReceipt)


def as_stored(key: RequestKey | None) -> tuple[str, str, bytes] | None:
    """Return what names a request in an offer and a receipt."""
    return None if key is None else (key.session, key.number, key.digest)


def receipt_of(results: list[CheckResult], tree: str | None = None, tree_note: str = "") -> Receipt:
    """Return the receipt of checks in their order."""
    passed = bool(results) and all(each.outcome == "passed" for each in results)
    return Receipt(passed=passed, checks=results, tree=tree, tree_note=tree_note)


def sentence(receipt: Receipt) -> str:
    """Return a receipt in one line, and below it the end of what the failed check printed."""
    total = len(receipt.checks)
    if receipt.passed:
        return f"{total} of {total} checks passed" if total > 1 else "its check passed"
    failed = first_failed(receipt)
    passed = sum(each.outcome == "passed" for each in receipt.checks)
    place = receipt.checks.index(failed) + 1
    what = f"check {place} of {total} ({failed.check}) {_ENDED[failed.outcome]}"
    return f"{what}; {passed} passed: {failed.said}"


def first_failed(receipt: Receipt) -> CheckResult:
    """Return the check for which a receipt is none of success."""
    return next(each for each in receipt.checks if each.outcome != "passed")


def refusal(job: JobRow, receipt: Receipt) -> DjobsError:
    """Return the error that tells the doer which check did not pass, and what to do."""
    failed = first_failed(receipt)
    data: dict[str, Any] = {"check": failed.check, "outcome": failed.outcome}
    if failed.exit_code is not None:
        data["exit_code"] = failed.exit_code
    return DjobsError(
        ErrorCode.VERIFICATION_FAILED,
        f"{job.id} has not succeeded: {sentence(receipt)}",
        hint=_WHAT_NEXT.get(failed.outcome, _MEND),
        **data,
    )


_MEND: Final = "Mend it, then complete the task again; it is still yours."
_WHAT_NEXT: Final = {
    "not_run": "Nothing of it was run. Complete the task again; it is still yours.",
    "unknown": "How it ended is not known. Complete the task again; it is still yours.",
    "stopped": "Somebody stopped it. Complete the task again; it is still yours.",
}
_ENDED: Final = {
    "passed": "passed",
    "failed": "failed",
    "timed_out": "took too long",
    "stopped": "was stopped",
    "not_run": "could not be run",
    "unknown": "was lost",
}
