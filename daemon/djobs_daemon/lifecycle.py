"""The second half of a start, the one task group, and the end.

Start: store, doors, ``ready``; then what nobody waits for. End: the doors close after the requests
they have, the socket goes, the store checkpoints, the records go. The lock is released by the
kernel, last of all, so whoever finds it free finds nothing else of this daemon.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

import anyio

from djobs_daemon import logs, succession
from djobs_daemon.app import App, Instance
from djobs_daemon.boot import Boot
from djobs_daemon.core import CRASH_STATUS
from djobs_daemon.equipping import equip
from djobs_daemon.life import Life, forget_failed_starts
from djobs_daemon.notifying.wiring import notifier_of
from djobs_daemon.scheduler.work import Work
from djobs_daemon.storage import News, open_store
from djobs_daemon.supervision import MANAGED

log = logging.getLogger(__name__)

SWITCH_INTERVAL_SECONDS = 0.0005
"""For how long one thread may keep the interpreter. The usual 5 ms make the loop and the writer,
which hand each other every request, wait for one another: a fifth of the throughput of 16 clients.
"""
OVERTIME_SECONDS = 5.0
"""Above the drain's own bound; then the process ends whatever still hangs."""


def live(boot: Boot) -> int:
    """Serve until told to stop; return the exit status."""
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    sink = _configure_logs(boot)
    status, succeed = anyio.run(_live, boot, sink)
    if succeed is not None:
        status = succeed()  # returns only when that fails
    log.info("Stopped.", extra={"status": status})
    return status


def _configure_logs(boot: Boot) -> logs.Sink:
    boot.start.enter("logs")
    sink = _new_sink(boot)
    logs.configure(sink, boot.settings.log_level, _log_format(boot))
    return sink


def _new_sink(boot: Boot) -> logs.Sink:
    """Return standard error for a daemon in a terminal, else the daemon's own file."""
    if not boot.options.detach and boot.options.owner not in MANAGED:
        return logs.StderrSink()
    chosen = boot.settings
    return logs.new_file_sink(boot.state, chosen.log_bytes_max, chosen.log_generations)


def _log_format(boot: Boot) -> str:
    """Return the format chosen; a person at a terminal who chose none gets text."""
    unset = boot.settings.source("log_format") == "default"
    at_terminal = not boot.options.detach and os.isatty(2)
    return "text" if unset and at_terminal else boot.settings.log_format


async def _live(boot: Boot, sink: logs.Sink) -> tuple[int, Callable[[], int] | None]:
    """Serve; return the exit status, and what makes a successor of this process, if one comes."""
    boot.start.enter("store")
    async with AsyncExitStack() as resources:
        work = Work()
        news = News(work)
        store = await resources.enter_async_context(open_store(boot, news))
        app = App(instance=_instance(boot), settings=boot.settings, store=store, work=work)
        if boot.settings.tables:
            equip(app)  # so that what is wrong with them is why this start fails
        await _let_notify(app)
        async with anyio.create_task_group() as outer:
            life = Life(boot, app, store, sink)
            news.tell(app, life.look_around)
            await outer.start(life.handle_signals)
            await life.serve()
            outer.start_soon(_end_in_overtime, app)
            await resources.aclose()
            outer.cancel_scope.cancel()
    if app.exit_status == 0:
        forget_failed_starts(boot.state)
    if app.successor is None or life.heir is None:
        boot.record.remove()
        return app.exit_status, None
    return app.exit_status, partial(succession.succeed, boot, life.heir, app.successor)


async def _end_in_overtime(app: App) -> None:
    """End the process when closing the store hangs; what was acknowledged is on disk already."""
    await anyio.sleep(OVERTIME_SECONDS)
    log.critical("Ending at once: the store does not close.")
    os._exit(app.exit_status or CRASH_STATUS)


async def _let_notify(app: App) -> None:
    notifier = notifier_of(app, os.environ)
    if notifier is not None:
        await notifier.begin()  # before anybody can do what is to be told
        app.notify = notifier.run


def _instance(boot: Boot) -> Instance:
    return Instance(
        id=boot.record.contents["instance"],
        pid=os.getpid(),
        started_at=boot.started_at,
        home=boot.state,
        socket=boot.binding.path,
        owner=boot.options.owner,
    )
