"""Runs the checks of one report, each as a run of its own, begun by whichever daemon is there."""

from collections.abc import Callable, Mapping
from typing import Final

import anyio
from anyio import to_thread

from djobs_daemon.executors.check_orders import order_of_check, order_of_tree, shell_of
from djobs_daemon.executors.check_results import not_run, result_of, seen_in
from djobs_daemon.executors.facts import RunBegun
from djobs_daemon.executors.kinds import Executor, NotNow, Prepared, Refused, Surroundings
from djobs_daemon.executors.orders import GRACE_MS_DEFAULT
from djobs_daemon.executors.runs import Phase, Runs, Standing
from djobs_daemon.executors.spawning import NotSpawned
from djobs_daemon.executors.trouble import Trouble
from djobs_daemon.failpoints import failpoint
from djobs_daemon.queue.checks import checks_of, kind_of
from djobs_daemon.queue.verification import Verified, receipt_of
from djobs_daemon.store.records import JobRow
from djobs_protocol.errors import DjobsError
from djobs_protocol.evidence import Check, CheckResult

BEGINNINGS_MAX: Final = 12
"""Then a check that cannot be begun counts as one that did not pass."""
LOG_PAGE_BYTES: Final = 256 * 1024


class Ongoing:
    """One report of success whose checks are run."""

    def __init__(self, job: JobRow) -> None:
        self.job = job
        self.done = anyio.Event()
        self.stop_wanted = job.stop_requested_at is not None
        self.run_id: str | None = None
        """Of the check that may be running."""


class Checking:
    """What one daemon does for every report. Lives on the event loop's thread."""

    def __init__(
        self,
        runs: Runs,
        executors: Mapping[str, Executor],
        around: Surroundings,
        trouble: Trouble,
    ) -> None:
        self._runs = runs
        self._executors = executors
        self._around = around
        self._trouble = trouble

    async def check_all(self, ongoing: Ongoing) -> Verified:
        """Run them in their order, up to the first that does not pass; tell what was found."""
        results: list[CheckResult] = []
        checks = checks_of(ongoing.job.verify)
        for place, check in enumerate(checks):
            if results and results[-1].outcome != "passed":
                results.append(not_run(check, "one before it did not pass"))
            else:
                results.append(await self._check(ongoing, place, check))
            failpoint("verify.one")
        receipt = receipt_of(results)
        if receipt.passed and any(kind_of(each) == "command" for each in checks):
            receipt = receipt_of(results, *await self._tree(ongoing))
        return Verified(receipt, any(each.outcome == "stopped" for each in results))

    async def _check(self, ongoing: Ongoing, place: int, check: Check) -> CheckResult:
        job, run_id = ongoing.job, _run_id(ongoing.job, str(place))
        shell = shell_of(self._executors, job.type)
        folder = self._runs.folder(run_id)

        def prepare() -> Prepared:
            return order_of_check(job, check, shell, self._around, folder)

        ended = await self._see_through(ongoing, run_id, prepare)
        if isinstance(ended, str):
            return not_run(check, ended)
        printed = await self._printed(run_id)
        return await to_thread.run_sync(result_of, job, check, shell, ended, folder, printed)

    async def _tree(self, ongoing: Ongoing) -> tuple[str | None, str]:
        """Return the hash of the workspace, or None and why."""
        job, run_id = ongoing.job, _run_id(ongoing.job, "tree")
        folder = self._runs.folder(run_id)
        ended = await self._see_through(
            ongoing, run_id, lambda: order_of_tree(job, self._around, folder)
        )
        if isinstance(ended, str):
            return None, ended
        seen = seen_in(await self._printed(run_id))
        return (None, "it could not be hashed") if seen is None else (seen.tree, seen.text)

    async def _see_through(
        self, ongoing: Ongoing, run_id: str, prepare: Callable[[], Prepared]
    ) -> Standing | str:
        """Return the settled run, begun by whichever daemon; or why nothing was run."""
        standing = await self._runs.look(run_id)
        ongoing.run_id = run_id
        try:
            if standing.phase in (Phase.UNKNOWN, Phase.NEVER_RAN):
                failure = await self._begin(ongoing, run_id, prepare)
                if failure is not None:
                    return failure
            if ongoing.stop_wanted:
                await self._runs.stop(run_id, GRACE_MS_DEFAULT)
            standing = await self._runs.wait(run_id)
        finally:
            ongoing.run_id = None
        await self._runs.forget_order(run_id)
        return standing

    async def _begin(
        self, ongoing: Ongoing, run_id: str, prepare: Callable[[], Prepared]
    ) -> str | None:
        try:
            prepared = await to_thread.run_sync(prepare)
            prepared.order.encode()
        except (NotNow, Refused, ValueError) as reason:
            return str(reason)
        except DjobsError as refusal:
            return f"{refusal.message} {refusal.hint}".strip()
        failure = ""
        for _ in range(BEGINNINGS_MAX):
            if ongoing.stop_wanted:
                return "it was stopped before it began"
            try:
                await self._runs.prepare(run_id, prepared.order, prepared.files)
                handle = await self._runs.spawn(run_id)
            except (OSError, NotSpawned, RunBegun) as error:
                failure = f"it could not be started: {error}"
                await self._trouble.rest(
                    f"A check of {ongoing.job.id} cannot be started", str(error)
                )
            else:
                self._runs.go(handle)
                return None
        return failure

    async def _printed(self, run_id: str) -> bytes:
        """Return what a check printed, as far as that is kept; its log is bounded."""
        pages, offset = b"", 0
        while True:
            page = await self._runs.read_log(run_id, offset, LOG_PAGE_BYTES)
            if not page.data and page.next_offset >= page.end:
                return pages
            pages, offset = pages + page.data, page.next_offset


def _run_id(job: JobRow, what: str) -> str:
    """Return the name of a check's run: of one report, so of one claim."""
    return f"{job.id}.{job.generation}.{job.offered_in}-{what}"
