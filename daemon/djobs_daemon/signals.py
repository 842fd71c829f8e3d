"""What each signal means to a running daemon."""

import faulthandler
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Final

import anyio

from djobs_daemon.app import App
from djobs_daemon.failpoints import failpoint

log = logging.getLogger(__name__)

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
HEARD: Final = (*STOPPING, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)

KILLED_STATUS_BASE: Final = 128
STACK_FRAMES_MAX: Final = 40


async def handle_signals(
    app: App,
    reopen_logs: Callable[[], None],
    check_endpoint: Callable[[], None],
    on_hearing: Callable[[], None],
) -> None:
    """Act on signals until cancelled; ``on_hearing`` is called when none can be missed any more.

    SIGTERM and SIGINT drain, and the second one ends the process at once; SIGHUP opens the logs
    again, so a closed terminal never ends a daemon; SIGUSR1 checks the endpoint; SIGUSR2 writes
    the state of the daemon and the stacks of all threads to the log.
    """
    with anyio.open_signal_receiver(*HEARD) as received:
        # Standard error, the log of this start, has the stacks even when the loop hangs.
        faulthandler.register(signal.SIGUSR2, file=2, chain=True)
        on_hearing()
        async for number in received:
            failpoint("core.signals")
            log.info("Signal received.", extra={"signal": number.name})
            if number in STOPPING:
                stop(app, number)
            elif number is signal.SIGHUP:
                _reopen(reopen_logs)
            elif number is signal.SIGUSR1:
                check_endpoint()
            else:
                log.info("State.", extra=describe(app) | {"stacks": stacks()})


def _reopen(reopen_logs: Callable[[], None]) -> None:
    try:
        reopen_logs()
    except OSError as error:
        log.error("The log could not be opened again; the old one goes on.", exc_info=error)
    else:
        log.info("The log was opened again.")


def stop(app: App, number: signal.Signals) -> None:
    """Begin to drain; if that has begun already, end now. Durable work loses nothing by it."""
    if app.stopping.is_set():
        log.warning("Ending at once.", extra={"signal": number.name})
        os._exit(KILLED_STATUS_BASE + number)
    app.request_stop(f"received {number.name}")


def describe(app: App) -> dict[str, object]:
    """Return what a person debugging a daemon wants to know."""
    return {
        "phase": app.phase,
        "connections": len(app.connections),
        "problems": app.problems,
        "mcp": app.mcp,
        "stop_reason": app.stop_reason,
        "instance": app.instance.id,
        "environment": sorted(os.environ),
        "tasks": sorted(task.name or "?" for task in anyio.get_running_tasks()),
    }


def stacks() -> dict[str, list[str]]:
    """Return the stack of every thread, innermost call last."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        names.get(ident, str(ident)): [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_stack(innermost, limit=STACK_FRAMES_MAX)
        ]
        for ident, innermost in sys._current_frames().items()
    }
