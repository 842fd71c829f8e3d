"""What is interrupted around the runs of executors: budgets, and checks of what was reported."""

from collections.abc import Callable
from datetime import UTC

from djobs_daemon.executors.recording import ACTOR as EXECUTORS
from djobs_daemon.executors.treasury import Live, Treasury
from djobs_daemon.executors.verifier import note_receipt
from djobs_daemon.queue.budget_table import BudgetTable, Sums
from djobs_daemon.queue.verification import Offer, encode_offer, receipt_of
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import JobFilter, JobRow, RequestKey, Wanted, digest
from djobs_daemon.store.usage_records import Allowance
from djobs_protocol.budget_messages import BudgetList
from djobs_protocol.evidence import CheckOutcome, CheckResult
from djobs_protocol.states import EventKind
from tests.crash.asking import Asking


async def once(a: Asking, work: Callable[[Ledger], None]) -> None:
    """Do something in a transaction; its answer is kept, so going on begins where it was left."""

    def kept(ledger: Ledger) -> BudgetList:
        work(ledger)
        return BudgetList()

    key = RequestKey(EXECUTORS.session, work.__name__, digest(b""))
    await a.store.write(EXECUTORS, kept, key)


async def keep_to_budgets(a: Asking) -> None:
    """Reserve, meter, ask, allow and return, as the dispatcher does around a run."""
    table = BudgetTable(day=Sums(tokens=50), job=Sums(minutes=1))
    treasury = Treasury(table, lambda: UTC, frozenset({"write_file"}))
    await a.enqueue("1", *[{"managed_by": "executor", "type": "write_file", "priority": 1}] * 2)

    def take(ledger: Ledger) -> None:
        job = treasury.take(ledger, Wanted("executor", ("write_file",))).job
        if job is not None:
            ledger.move(job, EventKind.CLAIMED)

    def meter(ledger: Ledger) -> None:
        for held in ledger.held_jobs(EXECUTORS.session):
            job = ledger.job(held.id)
            assert job is not None
            treasury.meter(ledger, job, Live({"tokens": 60, "minutes": 9}))

    def allow(ledger: Ledger) -> None:
        ledger.allow(Allowance("day", "", "tokens", ledger.now + 9, 100))
        treasury.reconsider(ledger)

    def conclude(ledger: Ledger) -> None:
        for held in ledger.held_jobs(EXECUTORS.session):
            job = ledger.job(held.id)
            assert job is not None
            treasury.settle(ledger, ledger.move(job, EventKind.SUCCEEDED, "ok", evidence="ok"))

    for work in (take, meter, allow):
        await once(a, work)
    await a.ask("2", "budget.allow", job_id=a.ids[0])
    await once(a, conclude)
    await a.store.read(lambda view: treasury.overview(view, ["/elsewhere"], 0))


async def verify(a: Asking) -> None:
    """Report, refuse and pass what has checks, as the verifier writes it down around their runs."""
    check = {"file_exists": "made"}
    await a.enqueue("1", {"verify": [check]}, {"verify": [check], "managed_by": "executor"})

    def offer(ledger: Ledger) -> None:
        for job in _newest(ledger):
            taken = ledger.move(job, EventKind.CLAIMED, lease_expires_at=ledger.now + 60_000)
            text = encode_offer(Offer("did it", EXECUTORS.session))
            ledger.mark(taken, EventKind.OFFERED, "reported", offer=text)

    def refuse(ledger: Ledger) -> None:
        for job in _newest(ledger):
            note_receipt(ledger, job, receipt_of([_result("failed")]))

    def offer_again(ledger: Ledger) -> None:
        for job in _newest(ledger):
            text = encode_offer(Offer("mended", EXECUTORS.session))
            ledger.mark(job, EventKind.OFFERED, "reported", offer=text)

    def succeed(ledger: Ledger) -> None:
        for job in _newest(ledger):
            checked = note_receipt(ledger, job, receipt_of([_result("passed")]))
            ledger.move(checked, EventKind.SUCCEEDED, "mended", evidence="mended")

    for work in (offer, refuse, offer_again, succeed):
        await once(a, work)


def _newest(ledger: Ledger) -> list[JobRow]:
    return ledger.list_jobs(JobFilter(), 2, None)[0]


def _result(outcome: CheckOutcome) -> CheckResult:
    return CheckResult(check="file_exists made", outcome=outcome, said="made is there.")
