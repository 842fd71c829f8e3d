"""The store of this daemon: which file, and who hears when it is replaced or cannot be written."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from djobs_daemon import damage_record
from djobs_daemon.app import App
from djobs_daemon.boot import Boot
from djobs_daemon.failpoints import failpoint
from djobs_daemon.patience import progress
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.endpoint import BACKUP_FOLDER, state_file
from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode

HOUR_MS: Final = 3_600_000


def clock_ms() -> int:
    """Return the wall clock's time, milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class News:
    """Carries the store's word to the app: that its file is gone (R6), or the disk full (R8).

    What commits change goes to ``work``.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self._app: App | None = None
        self._look_around: Callable[[], None] = lambda: None
        self._heard = False

    def hear_replaced(self) -> None:
        """Stop the daemon; also right when there is no app yet."""
        self._heard = True
        self._stop()

    def tell(self, app: App, look_around: Callable[[], None]) -> None:
        """Name the app to stop, and who may find that more than the database is gone."""
        self._app = app
        self._look_around = look_around
        self._stop()

    def hear_trouble(self, trouble: DjobsError | None) -> None:
        """Show while writes fail that they do; there is an app, for it was one that wrote."""
        if self._app is None:
            return
        if trouble is None:
            self._app.problems.pop("storage", None)
        else:
            self._app.problems["storage"] = trouble.message

    def _stop(self) -> None:
        if self._heard and self._app is not None:
            self._look_around()
            self._app.problems["db_replaced"] = "the database file was removed or replaced"
            self._app.request_stop("db_replaced", CATALOGUE[ErrorCode.DB_REPLACED].exit)


@asynccontextmanager
async def open_store(boot: Boot, news: News) -> AsyncIterator[SqliteStore]:
    """Open the database, migrating it first if it is older; close it at the end of the block.

    One that an earlier daemon found damaged is checked throughout before it is served again (R7).
    """
    suspect = damage_record.names(boot.state, boot.settings.db_path)
    async with AsyncExitStack() as opened:
        with progress(boot.start.pipe, "opening the database"):
            failpoint("start.store")
            store = await opened.enter_async_context(
                SqliteStore.open(
                    boot.settings.db_path,
                    backups=state_file(boot.state, BACKUP_FOLDER),
                    clock_ms=clock_ms,
                    on_replaced=news.hear_replaced,
                    on_trouble=news.hear_trouble,
                    on_committed=news.work.committed,
                    generations=boot.settings.backup_generations,
                    weekly_generations=boot.settings.backup_weekly_generations,
                    answers_kept_ms=round(boot.settings.request_retention_hours * HOUR_MS),
                    thorough=suspect,
                )
            )
        if suspect:
            damage_record.remove(boot.state)
        yield store
