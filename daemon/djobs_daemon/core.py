"""The tasks a daemon cannot live without. When one fails, the process ends, and says why (R38)."""

import logging
from collections.abc import Awaitable, Callable

from djobs_daemon.app import App
from djobs_protocol.errors import CATALOGUE, ErrorCode

log = logging.getLogger(__name__)

CRASH_STATUS = CATALOGUE[ErrorCode.INTERNAL].exit


class Core:
    """Runs core tasks; the first failure stops the daemon with ``CRASH_STATUS``."""

    def __init__(self, app: App, on_crash: Callable[[str], None]) -> None:
        self._app = app
        self._on_crash = on_crash

    async def run(
        self, name: str, work: Callable[[], Awaitable[None]], may_end: bool = False
    ) -> None:
        """Run one core task. Nothing leaves here but cancellation."""
        try:
            await work()
        except Exception as error:
            log.critical("A core task failed.", exc_info=True, extra={"task": name})
            self._crashed(f"{name} failed: {error!r}")
        else:
            if not may_end and not self._app.stopping.is_set():
                log.critical("A core task ended.", extra={"task": name})
                self._crashed(f"{name} ended")

    def _crashed(self, reason: str) -> None:
        self._on_crash(reason)
        self._app.request_stop(reason, CRASH_STATUS)
