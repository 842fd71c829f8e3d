"""The one writer: collects requests, commits them in groups, answers when they are durable.

While the thread commits a group, requests collect here; it takes all of them as its next group by
itself, so that it never waits for the event loop. A lone request goes at once: nothing waits on
purpose.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from djobs_daemon.failpoints import failpoint
from djobs_daemon.store.records import Committed
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.group import Outcome, Task, run_group
from djobs_daemon.store.sqlite.guard import Guard
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_protocol.errors import DjobsError, ErrorCode

GROUP_REQUESTS_MAX: Final = 256
GROUPS_IN_A_ROW_MAX: Final = 16
"""Then others who want the connection get their turn."""
PENDING_REQUESTS_MAX: Final = 4096
STORAGE_TROUBLES: Final = (ErrorCode.STORAGE_FULL, ErrorCode.STORAGE_FAILED)

_log: Final = logging.getLogger(__name__)


class _Request(NamedTuple):
    task: Task
    answer: "asyncio.Future[bytes]"


class _Commit(NamedTuple):
    """What became of a group."""

    result: list[Outcome] | BaseException | None
    """None: the files are no longer ours."""
    news: Committed
    wrote: bool
    """Whether anything reached the storage: a task that changes nothing succeeds on a full disk."""


class Listeners(NamedTuple):
    """Who is told of what, on the event loop."""

    on_replaced: Callable[[], None]
    """Once, when the files are found replaced (R6)."""
    on_trouble: Callable[[DjobsError | None], None]
    """When a write failed for the storage, and with None when one succeeds again."""
    on_committed: Callable[[Committed], None]
    """After every commit."""


class Writer:
    """Feeds groups to the writing connection.

    Methods run on the event loop, but for those that say otherwise. ``_pending`` is the one thing
    both sides touch, by single operations of a deque.
    """

    def __init__(
        self,
        connection: ThreadedConnection,
        book: Book,
        guard: Guard,
        clock_ms: Callable[[], int],
        listeners: Listeners,
    ) -> None:
        self._guard = guard
        self._connection = connection
        self._book = book
        self._path = guard.path
        self._clock_ms = clock_ms
        self._listeners = listeners
        self._is_in_trouble = False
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
            self._begin()
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
            self._listeners.on_replaced()
        return reason

    async def drain(self) -> None:
        """Wait until every accepted request is answered."""
        await self._idle.wait()

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._connection.post(partial(self._commit_pending, loop))

    def _commit_pending(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the thread: commit group after group while there are requests."""
        for groups_left in reversed(range(GROUPS_IN_A_ROW_MAX)):
            count = min(len(self._pending), GROUP_REQUESTS_MAX)
            group = [self._pending.popleft() for _ in range(count)]
            before = self._book.db.total_changes
            result = self._commit([request.task for request in group])
            if isinstance(result, list):
                self._pending.extendleft(reversed(group[len(result) :]))
            last = not (groups_left and self._pending)
            wrote = self._book.db.total_changes != before
            if wrote:
                failpoint("store.committed")
            commit = _Commit(result, self._book.take_news(), wrote)
            loop.call_soon_threadsafe(self._answer, group, commit, last)
            if last:
                break

    def _commit(self, tasks: Sequence[Task]) -> list[Outcome] | BaseException | None:
        """On the thread: run the group, unless the files are no longer ours."""
        try:
            if not self._guard.are_same():
                return None
            outcomes = run_group(self._book, tasks, self._clock_ms(), self._path)
            self._guard.note_growth()
            return outcomes
        except BaseException as fault:  # noqa: BLE001 - or those who wait would wait for ever
            return fault

    def _answer(self, group: Sequence[_Request], commit: _Commit, last: bool) -> None:
        self._listeners.on_committed(commit.news)
        outcomes = self._outcomes(group, commit.result)
        self._note_trouble(outcomes, commit.wrote)
        for request, outcome in zip(group, outcomes, strict=False):
            if request.answer.done():
                continue  # the caller was cancelled
            if isinstance(outcome, DjobsError):
                request.answer.set_exception(outcome)
            else:
                request.answer.set_result(outcome)
        if last and self._pending:
            self._begin()
        elif last:
            self._busy = False
            self._idle.set()

    def _note_trouble(self, outcomes: Sequence[Outcome], wrote: bool) -> None:
        """Tell when the storage fails, and when a write succeeds again."""
        if any(isinstance(each, bytes) for each in outcomes):
            if self._is_in_trouble and wrote:
                self._is_in_trouble = False
                self._listeners.on_trouble(None)
            return
        for each in outcomes:
            if isinstance(each, DjobsError) and each.code in STORAGE_TROUBLES:
                self._is_in_trouble = True
                self._listeners.on_trouble(each)
                return

    def _outcomes(
        self, group: Sequence[_Request], result: list[Outcome] | BaseException | None
    ) -> Sequence[Outcome]:
        if isinstance(result, BaseException):
            _log.critical("the writer failed", exc_info=result)
            return [DjobsError(ErrorCode.INTERNAL, f"{result}")] * len(group)
        return [self.report_replaced()] * len(group) if result is None else result
