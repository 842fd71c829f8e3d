"""One group of requests in one durable transaction. Plain functions on the writer's thread."""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from djobs_daemon.failpoints import failpoint
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, Done, RequestKey, encode_reply
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.faults import explain, spoils_transaction
from djobs_daemon.store.sqlite.ledger import SqliteLedger
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.replies import Reply
from djobs_protocol.states import IllegalTransition

GROUP_SECONDS_MAX: Final = 0.05
"""After this long a group is committed and the rest waits for the next, so nobody waits long."""

Task: TypeAlias = Callable[[Book, int, bool], bytes]
"""A request's work: writes through the book at a time, returns the encoded reply. True: whether it
was done before need not be asked first, for a failure makes the whole group be done again."""
Outcome: TypeAlias = bytes | DjobsError

_log: Final = logging.getLogger(__name__)

_ANSWER: Final = """
    SELECT digest, answer FROM requests
    WHERE session = (SELECT seq FROM sessions WHERE id = ?) AND number = ?
"""


class StorageFault(Exception):
    """The storage failed: no request of the transaction may be kept."""

    def __init__(self, reason: DjobsError) -> None:
        super().__init__(reason.message)
        self.reason = reason


class _Failed(Exception):
    """A task of a group failed that was to succeed as a whole."""


class _DoneBefore(Exception):
    """A request has been answered already, and its answer is not the one it would get now."""


def write_task(
    actor: Actor, work: Callable[[Ledger], Reply | Done], key: RequestKey | None
) -> Task:
    """Return the task of one ``Store.write``."""
    keeper = actor if key is None else actor._replace(session=key.session)

    def task(book: Book, now: int, hopeful: bool) -> bytes:
        if key is not None and not hopeful and (kept := _kept_answer(book, key)) is not None:
            return kept
        reply = work(SqliteLedger(book, actor, now))
        answer = encode_reply(reply)
        if key is not None and not isinstance(reply, Done):
            session = book.sessions.number(keeper, now)
            book.additions.answers.append((session, key.number, key.digest, answer, now))
        elif key is not None and hopeful and _kept_answer(book, key) is not None:
            raise _DoneBefore
        return answer

    return task


def run_group(book: Book, tasks: Sequence[Task], now: int, path: str) -> list[Outcome]:
    """Run tasks in one transaction and commit once; return the outcome of each.

    Nearly always all succeed, so that is tried first, without a savepoint for each, and without
    looking for an answer that was kept: keeping a second one fails. When a task fails, all is taken
    back and done again, each apart from the others. May return fewer outcomes than tasks when they
    take long; the rest has not begun. A storage fault is every task's outcome, and nothing is
    written then.
    """
    try:
        try:
            return _commit(book, lambda: _run_together(book, tasks, now))
        except _Failed:
            return _commit(book, lambda: _run_apart(book, tasks, now, path))
    except (StorageFault, sqlite3.Error) as error:
        reason = error.reason if isinstance(error, StorageFault) else explain(error, path)
        _log.error("write failed", extra={"code": reason.code, "reason": reason.message})
        return [reason] * len(tasks)


def _commit(book: Book, run: Callable[[], list[Outcome]]) -> list[Outcome]:
    """Run tasks in one transaction; when that raises, nothing of it is left."""
    book.tallies.begin()
    place = book.place()
    try:
        book.db.execute("BEGIN IMMEDIATE")
        before = book.db.total_changes
        outcomes = run()
        book.tallies.write()
        if book.db.total_changes != before:
            failpoint("store.commit")
        book.db.execute("COMMIT")
    except BaseException:
        book.return_to(place)
        _abandon(book.db)
        raise
    return outcomes


def _run_together(book: Book, tasks: Sequence[Task], now: int) -> list[Outcome]:
    try:
        outcomes = _until_time_is_up(tasks, lambda task: task(book, now, True))
        book.additions.write()
    except Exception as error:
        raise _Failed from error
    return outcomes


def _run_apart(book: Book, tasks: Sequence[Task], now: int, path: str) -> list[Outcome]:
    return _until_time_is_up(tasks, lambda task: _run_one(book, task, now, path))


def _run_one(book: Book, task: Task, now: int, path: str) -> Outcome:
    """Run one task in its own savepoint; its failure takes back only its own effects."""
    place = book.place()
    book.db.execute("SAVEPOINT request")
    try:
        answer = task(book, now, False)
        book.additions.write()
        book.db.execute("RELEASE request")
        return answer
    except Exception as error:  # noqa: BLE001 - whatever a request's work raises is its answer
        reason = _reason(error, path)
        book.return_to(place)
        book.db.execute("ROLLBACK TO request")
        book.db.execute("RELEASE request")
        return reason


def _until_time_is_up(tasks: Sequence[Task], run: Callable[[Task], Outcome]) -> list[Outcome]:
    started = time.monotonic()
    outcomes: list[Outcome] = []
    for task in tasks:
        outcomes.append(run(task))
        if time.monotonic() - started > GROUP_SECONDS_MAX:
            break
    return outcomes


def _reason(error: Exception, path: str) -> DjobsError:
    if isinstance(error, DjobsError):
        return error
    if isinstance(error, IllegalTransition):
        return DjobsError(ErrorCode.ILLEGAL_TRANSITION, f"{error}.".capitalize())
    if isinstance(error, UnicodeEncodeError):
        return DjobsError(
            ErrorCode.INVALID_PARAMS, "A text is not valid Unicode: it has a lone surrogate."
        )
    if isinstance(error, sqlite3.Error):
        reason = explain(error, path)
        if spoils_transaction(error):
            raise StorageFault(reason) from error
        if reason.code is not ErrorCode.INTERNAL:
            return reason
    _log.error("a request failed in the store", exc_info=error)
    return DjobsError(ErrorCode.INTERNAL, f"{type(error).__name__}: {error}")


def _kept_answer(book: Book, key: RequestKey) -> bytes | None:
    row = book.db.execute(_ANSWER, (key.session, key.number)).fetchone()
    if row is None:
        return None
    digest, answer = row
    if digest != key.digest:
        raise DjobsError(
            ErrorCode.REQUEST_REUSED, f"Request {key.number} of this session was another one."
        )
    return bytes(answer)


def _abandon(db: sqlite3.Connection) -> None:
    """Roll back; SQLite may have done so by itself."""
    if not db.in_transaction:
        return
    try:
        db.execute("ROLLBACK")
    except sqlite3.Error as error:
        _log.error("rollback failed", exc_info=error)


def task_of(chore: Callable[[Book], Any]) -> Task:
    """Return a task for work of the store's own, which answers nobody."""

    def task(book: Book, now: int, hopeful: bool) -> bytes:
        del now, hopeful
        chore(book)
        return b""

    return task
