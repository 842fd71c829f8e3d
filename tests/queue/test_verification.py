"""What checks may be, and what their verdict means."""

import msgspec
import pytest

from djobs_daemon.queue.checks import checks_of, name_of, stored_checks
from djobs_daemon.queue.verification import Verdict, judge, receipt_of, refusal, sentence
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.evidence import Check, CheckResult
from djobs_protocol.limits import CHECKS_BYTES_MAX
from djobs_protocol.states import JobState
from tests.queue.rows import row

REPORT = 17
PASSED = CheckResult(check="command a", outcome="passed", exit_code=0)
FAILED = CheckResult(check="command b", outcome="failed", exit_code=3, said="no luck")
LOST = CheckResult(check="command c", outcome="unknown", said="killed")
AT_WORK = row(state=JobState.RUNNING, offered_in=REPORT, verify="[]")


def test_all_must_pass_and_no_check_at_all_is_no_pass() -> None:
    assert receipt_of([PASSED, PASSED]).passed
    assert not receipt_of([PASSED, FAILED]).passed
    assert not receipt_of([PASSED, LOST]).passed
    assert not receipt_of([]).passed


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Verdict.SUCCEEDED),
        ({"state": JobState.PENDING, "offered_in": None}, Verdict.VOID),
        ({"state": JobState.STOPPED, "offered_in": None}, Verdict.VOID),
        ({"offered_in": REPORT + 3}, Verdict.VOID),
    ],
)
def test_a_verdict_counts_for_the_report_it_is_about_only(
    change: dict[str, object], verdict: Verdict
) -> None:
    job = msgspec.structs.replace(AT_WORK, **change)
    assert judge(job, REPORT, receipt_of([PASSED])) is verdict


def test_a_job_that_is_gone_has_no_verdict() -> None:
    assert judge(None, REPORT, receipt_of([PASSED])) is Verdict.VOID


def test_a_failed_check_refuses_the_report() -> None:
    assert judge(AT_WORK, REPORT, receipt_of([FAILED])) is Verdict.REFUSED


def test_a_refusal_names_the_check_its_place_and_its_output_and_what_to_do() -> None:
    error = refusal(AT_WORK, receipt_of([PASSED, FAILED]))
    assert error.code is ErrorCode.VERIFICATION_FAILED
    assert "check 2 of 2 (command b) failed; 1 passed: no luck" in error.message
    assert error.data["exit_code"] == 3
    assert "still yours" in error.hint
    assert "not known" in refusal(AT_WORK, receipt_of([LOST])).hint


def test_a_receipt_is_a_sentence() -> None:
    assert sentence(receipt_of([PASSED])) == "its check passed"
    assert sentence(receipt_of([PASSED, PASSED])) == "2 of 2 checks passed"


def test_checks_are_stored_as_they_are_and_a_hash_in_small_letters() -> None:
    asked = [Check(command=["a", "b"]), Check(path="x", sha256="AB" * 32)]
    kept = checks_of(stored_checks(asked))
    assert kept == [asked[0], Check(path="x", sha256="ab" * 32)]
    assert [name_of(each) for each in kept] == ["command a b", "sha256 x"]
    assert stored_checks([]) is None


def test_a_secret_in_a_check_is_refused_and_not_stored() -> None:
    with pytest.raises(DjobsError) as caught:
        stored_checks([Check(command=f"curl -H {'ghp_' + 'a1' * 18} host")])
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    assert "secret" in caught.value.message


def test_checks_have_a_bound() -> None:
    with pytest.raises(DjobsError) as caught:
        stored_checks([Check(path="x", json_schema={"title": "x" * CHECKS_BYTES_MAX})])
    assert caught.value.code is ErrorCode.TOO_LARGE
