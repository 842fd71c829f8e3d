"""Keeps an eye on the files the daemon stands on, and does what ``sentinel_rules`` decide."""

import logging
import math
import os
from collections.abc import Callable
from stat import S_IMODE
from typing import Final

import anyio

from djobs_daemon import sentinel_rules
from djobs_daemon.app import App
from djobs_daemon.binding import Binding, SocketVanished, bind, file_id
from djobs_daemon.database_file import DatabaseFile
from djobs_daemon.endpoint_record import EndpointRecord
from djobs_daemon.failpoints import failpoint
from djobs_daemon.sentinel_rules import Action, Facts
from djobs_daemon.watch.interface import Watcher, new_watcher
from djobs_local.folders import PRIVATE_MODE, ensure_private_folder
from djobs_local.locks import KernelLock
from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode

log = logging.getLogger(__name__)

_STOP_TEXTS: Final = {
    Action.STOP_WITHOUT_FOLDER: "the state folder was removed or replaced",
    Action.STOP_WITHOUT_LOCK: "the lock file was removed or replaced",
    Action.STOP_WITHOUT_DATABASE: "the database or its WAL was removed, replaced or overwritten",
    Action.STOP_UNREACHABLE: "the socket was removed again and again",
}


REARM_SECONDS: Final = 1.0
"""Between two looks because of writes to the database, most of which are the daemon's own."""


def stop_status(action: Action) -> int:
    """Return the exit status of a daemon that stops for this reason; never 0."""
    replaced = action is Action.STOP_WITHOUT_DATABASE
    return CATALOGUE[ErrorCode.DB_REPLACED if replaced else ErrorCode.START_FAILED].exit


class Sentinel:
    """Compares the paths with what is held, whenever something near them changes."""

    def __init__(
        self,
        app: App,
        locks: tuple[KernelLock, KernelLock],
        record: EndpointRecord,
        binding: Binding,
        on_rebound: Callable[[Binding], None],
        database: DatabaseFile,
    ) -> None:
        self.binding = binding
        self._app = app
        self._lock, self._folder_lock = locks
        self._record = record
        self._on_rebound = on_rebound
        self._database = database
        self._rebinds = 0
        self._armed_at = -REARM_SECONDS

    async def run(self, watcher: Watcher | None = None) -> None:
        """Look after every change until cancelled."""
        watcher = watcher or new_watcher()
        try:
            while True:
                # Watching first, looking second: a change in between wakes the next round.
                watcher.watch(*self._places())
                seconds = self._arm(watcher)
                self.look()
                with anyio.move_on_after(seconds):
                    await watcher.changed()
        finally:
            watcher.close()

    def _arm(self, watcher: Watcher) -> float:
        """Have the next write to the database wake us; return for how long to wait at most.

        The daemon writes to these files itself: as often as it likes, but seen once a second.
        """
        now = anyio.current_time()
        rest = self._armed_at + REARM_SECONDS - now
        if rest > 0:
            return rest
        self._armed_at = now
        watcher.watch_once(self._database.files)
        return math.inf

    def look(self) -> None:
        """Compare once, and act."""
        failpoint("core.sentinel")
        failpoint("loop.block")
        for action in sentinel_rules.decide(self._observe(), self._rebinds):
            try:
                self._act(action)
            except (OSError, DjobsError) as error:
                self._could_not(action, error)
                return
        self._app.problems.pop("endpoint", None)

    def _places(self) -> tuple[list[str], set[str]]:
        """Return the folders to watch, and the names in them that matter."""
        files = [self._lock.path, self._record.path, self.binding.path, self._database.path]
        files += self._database.files
        folders = {self._folder_lock.path, *(os.path.dirname(path) for path in files)}
        names = {os.path.basename(path) for path in [*files, *folders]}
        return sorted(folders), names

    def _observe(self) -> Facts:
        return Facts(
            folder=self._folder_lock.still_named(),
            lock=self._lock.still_named(),
            database=self._database.still_served(),
            socket_folder=_is_private(os.path.dirname(self.binding.path)),
            socket=file_id(self.binding.path) == self.binding.file,
            record=self._record.is_intact(),
        )

    def _act(self, action: Action) -> None:
        if action in sentinel_rules.STOPS:
            self._stop(action)
        elif action is Action.REPAIR_SOCKET_FOLDER:
            self._repair_folder()
        elif action is Action.REBIND:
            self._rebind()
        else:
            log.warning("The endpoint record was changed by somebody else; written again.")
            self._record.write()

    def _stop(self, action: Action) -> None:
        text = _STOP_TEXTS[action]
        log.error("Stopping, because the ground is gone.", extra={"reason": text})
        self._app.problems[action.value] = text
        status = stop_status(action)
        reason = "db_replaced" if action is Action.STOP_WITHOUT_DATABASE else text
        self._app.request_stop(reason, status)

    def _repair_folder(self) -> None:
        folder = os.path.dirname(self.binding.path)
        log.warning("The socket's folder was changed; mended.", extra={"folder": folder})
        if os.path.isdir(folder) and not os.path.islink(folder):
            os.chmod(folder, PRIVATE_MODE)
        ensure_private_folder(folder)

    def _rebind(self) -> None:
        self._rebinds += 1
        log.warning("The socket was removed or replaced; bound again.")
        try:
            self.binding = bind(self.binding.path)
        except SocketVanished:
            return  # removed again already; that is a change, so there will be another look
        self._on_rebound(self.binding)

    def _could_not(self, action: Action, error: Exception) -> None:
        log.error("Could not mend the endpoint.", extra={"action": action, "error": str(error)})
        self._app.problems["endpoint"] = f"{action.value}: {error}"
        if action is not Action.REWRITE_RECORD:
            self._app.request_stop(f"unreachable: {error}", stop_status(action))


def _is_private(folder: str) -> bool:
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    return S_IMODE(status.st_mode) == PRIVATE_MODE and os.path.isdir(folder)
