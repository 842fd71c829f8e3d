"""The one writer: collects requests, commits them in groups, answers when they are durable.

While a group is being committed on the thread, requests collect here; the next group takes all of
them. A lone request goes at once: nothing waits on purpose.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.group import Outcome, Task, run_group
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_protocol.errors import DjobsError, ErrorCode

GROUP_REQUESTS_MAX: Final = 256
PENDING_REQUESTS_MAX: Final = 4096

_log: Final = logging.getLogger(__name__)


class _Request(NamedTuple):
    task: Task
    answer: "asyncio.Future[bytes]"


class Writer:
    """Feeds groups to the writing connection. All methods run on the event loop."""

    def __init__(
        self,
        connection: ThreadedConnection,
        book: Book,
        path: str,
        clock_ms: Callable[[], int],
        on_replaced: Callable[[], None],
    ) -> None:
        self.watched: files.Watched | None = None
        self._connection = connection
        self._book = book
        self._path = path
        self._clock_ms = clock_ms
        self._on_replaced = on_replaced
        self._pending: deque[_Request] = deque()
        self._busy = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._refusal: DjobsError | None = None

    async def write(self, task: Task) -> bytes:
        """Commit a task and return its answer. Cancelling the caller does not withdraw it."""
        if self._refusal is not None:
            raise self._refusal
        if len(self._pending) >= PENDING_REQUESTS_MAX:
            raise DjobsError(
                ErrorCode.BUSY, f"{PENDING_REQUESTS_MAX} writes are waiting for the disk."
            )
        loop = asyncio.get_running_loop()
        request = _Request(task, loop.create_future())
        self._pending.append(request)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            loop.call_soon(self._begin_group)  # lets requests of the same loop turn join
        return await request.answer

    def refuse(self, reason: DjobsError) -> None:
        """Refuse every request from now on; those waiting are still written."""
        self._refusal = self._refusal or reason

    def report_replaced(self) -> DjobsError:
        """Note that the files are no longer those that were opened, and refuse from now on."""
        reason = DjobsError(
            ErrorCode.DB_REPLACED, f"{self._path} was replaced, cut or removed under the daemon."
        )
        if self._refusal is None or self._refusal.code is not ErrorCode.DB_REPLACED:
            self._refusal = reason
            _log.critical("the database was replaced", extra={"path": self._path})
            self._on_replaced()
        return reason

    async def drain(self) -> None:
        """Wait until every accepted request is answered."""
        await self._idle.wait()

    def _begin_group(self) -> None:
        count = min(len(self._pending), GROUP_REQUESTS_MAX)
        group = [self._pending.popleft() for _ in range(count)]
        tasks = [request.task for request in group]
        done = self._connection.submit(partial(self._commit, tasks))
        done.add_done_callback(partial(self._answer, group))

    def _commit(self, tasks: Sequence[Task]) -> list[Outcome] | None:
        """On the thread: run the group, unless the files are no longer ours."""
        if self.watched is None or not files.is_same(self._path, self.watched):
            return None
        return run_group(self._book, tasks, self._clock_ms(), self._path)

    def _answer(
        self, group: Sequence[_Request], done: "asyncio.Future[list[Outcome] | None]"
    ) -> None:
        for request, outcome in zip(group, self._outcomes(group, done), strict=False):
            if request.answer.done():
                continue  # the caller was cancelled
            if isinstance(outcome, DjobsError):
                request.answer.set_exception(outcome)
            else:
                request.answer.set_result(outcome)
        if self._pending:
            self._begin_group()
        else:
            self._busy = False
            self._idle.set()

    def _outcomes(
        self, group: Sequence[_Request], done: "asyncio.Future[list[Outcome] | None]"
    ) -> Sequence[Outcome]:
        fault = done.exception()
        if fault is not None:
            _log.critical("the writer failed", exc_info=fault)
            return [DjobsError(ErrorCode.INTERNAL, f"{fault}")] * len(group)
        outcomes = done.result()
        if outcomes is None:
            return [self.report_replaced()] * len(group)
        self._pending.extendleft(reversed(group[len(outcomes) :]))
        return outcomes
