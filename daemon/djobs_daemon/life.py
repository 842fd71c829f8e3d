"""A daemon that serves: its core tasks, from ``ready`` until its last request is answered."""

import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import anyio
from anyio.abc import TaskGroup, TaskStatus

from djobs_daemon import binding, collecting, logs, soundness
from djobs_daemon.app import App
from djobs_daemon.binding import Binding
from djobs_daemon.boot import Boot
from djobs_daemon.caretaker import Caretaker
from djobs_daemon.core import Core
from djobs_daemon.database_file import DatabaseFile
from djobs_daemon.equipping import equip
from djobs_daemon.failpoints import failpoint
from djobs_daemon.holders import daemon_actor, release_the_dead
from djobs_daemon.maintenance import maintain_daily
from djobs_daemon.mcp_server import loader
from djobs_daemon.rpc import listener
from djobs_daemon.scheduler.loop import Scheduler
from djobs_daemon.sentinel import Sentinel
from djobs_daemon.signals import handle_signals
from djobs_daemon.start_failure import record_crash
from djobs_local.attempts import forget_attempts
from djobs_protocol.errors import DjobsError
from djobs_protocol.version import VERSION

log = logging.getLogger(__name__)

BACKGROUND_DELAY_SECONDS = 0.1
"""The first client goes before everything that no client waits for."""

FIRST_COME_SECONDS = 0.003
"""For an answer to leave, and for a shim whose starter has asked first."""

HEALTHY_SECONDS = 60.0
"""After so long, earlier failed starts are forgotten (R14)."""

DRAIN_MARGIN_SECONDS = 2.0
"""What the doors get above their own bound before they are cancelled."""


def forget_failed_starts(state: str) -> None:
    """Let earlier failed starts count no more (R14). That they stay is no reason to end."""
    try:
        forget_attempts(state)
    except OSError as error:
        log.warning("Earlier failed starts could not be forgotten.", extra={"error": str(error)})


class Life:
    """Everything that runs while the daemon serves. Lives on the event loop's thread."""

    def __init__(self, boot: Boot, app: App, store: Caretaker, sink: logs.Sink) -> None:
        self._boot = boot
        self._app = app
        self._store = store
        self._sink = sink
        self._core = Core(app, on_crash=self._record_crash)
        self._database = DatabaseFile(boot.settings.db_path, store.is_intact)
        self._bindings = [boot.binding]
        self._look_around: Callable[[], None] = lambda: None

    async def serve(self) -> None:
        """Serve until the daemon is told to stop and its doors are closed."""
        async with anyio.create_task_group() as doors, anyio.create_task_group() as chores:
            sentinel = self._new_sentinel(doors)
            self._look_around = sentinel.look
            self._open_door(doors, self._boot.binding)
            self._say_ready()
            background = partial(self._background, chores, sentinel)
            chores.start_soon(self._core.run, "background", background, True)
            await self._app.stopping.wait()
            chores.cancel_scope.cancel()
            self._begin_to_drain(doors)
        self._close_bindings()

    @property
    def heir(self) -> Binding | None:
        """Return where a successor listens on, or None when there is to be none."""
        return self._bindings[-1] if self._app.successor else None

    def look_around(self) -> None:
        """Compare the files the daemon stands on with what it holds, now, and act."""
        self._look_around()

    async def handle_signals(self, *, task_status: TaskStatus[None]) -> None:
        """Act on signals until cancelled; runs longer than ``serve``, for the second SIGTERM."""

        async def work() -> None:
            await handle_signals(
                self._app,
                reopen_logs=self._sink.reopen,
                check_endpoint=self.look_around,
                on_hearing=task_status.started,
            )

        await self._core.run("signals", work)

    def _open_door(self, doors: TaskGroup, bound: Binding) -> None:
        async def work() -> None:
            failpoint("core.listener")
            await listener.serve(self._app, bound.sock)

        doors.start_soon(self._core.run, "listener", work, name=f"listener on {bound.path}")

    def _say_ready(self) -> None:
        failpoint("start.ready")
        self._enter("serving")
        instance = self._app.instance
        self._boot.start.pipe.ready(pid=instance.pid, instance=instance.id, build=VERSION)
        log.info(
            "Serving.",
            extra={
                "pid": instance.pid,
                "instance": instance.id,
                "socket": instance.socket,
                "owner": instance.owner,
                "build": VERSION,
                "python": sys.version.split()[0],
            },
        )

    async def _background(self, chores: TaskGroup, sentinel: Sentinel) -> None:
        """Begin, after the first client was answered, what no client waits for."""
        await self._let_handshake_pass()
        equip(self._app)
        if self._app.dispatcher is not None:
            # At once: until it has found again what runs, nobody knows for whom a client asks.
            self._start(chores, "executors", self._app.dispatcher.run)
        self._start(chores, "scheduler", self._schedule)
        if self._app.verifier is not None:
            self._start(chores, "checks", self._app.verifier.run)
        if self._app.notify is not None:
            self._start(chores, "notifications", self._app.notify)
        self._start(chores, "sentinel", sentinel.run)
        self._start(chores, "maintenance", self._new_maintenance())
        self._start(chores, "health", self._stay_healthy)
        chores.start_soon(self._core.run, "soundness", self._check_soundness, True)
        collecting.go_on()
        await loader.load_when_wanted(self._app)

    async def _let_handshake_pass(self) -> None:
        """Wait for a moment: loading the rest holds everybody up, and an editor waits first."""
        if self._app.equipped.is_set():
            return
        with anyio.move_on_after(BACKGROUND_DELAY_SECONDS):
            await self._app.wanted.wait()
            await anyio.sleep(FIRST_COME_SECONDS)
            if self._app.mcp_wanted.is_set():
                await self._app.greeted.wait()
        await anyio.sleep(FIRST_COME_SECONDS)

    def _start(self, chores: TaskGroup, name: str, work: Callable[[], Awaitable[None]]) -> None:
        chores.start_soon(self._core.run, name, work, name=name)

    def _new_sentinel(self, doors: TaskGroup) -> Sentinel:
        def on_rebound(bound: Binding) -> None:
            self._bindings.append(bound)
            self._open_door(doors, bound)

        return Sentinel(
            self._app,
            self._boot.locks,
            self._boot.record,
            self._boot.binding,
            on_rebound,
            self._database,
        )

    def _new_maintenance(self) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            await maintain_daily(self._app, self._store)

        return work

    async def _schedule(self) -> None:
        with suppress(DjobsError):  # a disk that refuses now; their leases end later
            await release_the_dead(self._app)
        await Scheduler(self._app.work, self._app.store, daemon_actor(self._app)).run()

    async def _check_soundness(self) -> None:
        await soundness.check_once(self._app, self._store)

    async def _stay_healthy(self) -> None:
        await anyio.sleep(HEALTHY_SECONDS)
        forget_failed_starts(self._boot.state)
        await anyio.sleep_forever()

    def _begin_to_drain(self, doors: TaskGroup) -> None:
        log.info("Draining.", extra={"reason": self._app.stop_reason})
        if self._app.successor is None:  # to a service manager the process just goes on
            self._boot.start.pipe.stopping()
        if self._boot.record.is_intact():  # else nothing is put into a folder that is being removed
            self._enter("draining")
        bound = self._app.settings.drain_seconds + DRAIN_MARGIN_SECONDS
        doors.cancel_scope.deadline = anyio.current_time() + bound

    def _close_bindings(self) -> None:
        for bound in self._bindings:
            if bound is not self.heir:
                binding.release(bound)

    def _enter(self, phase: str) -> None:
        try:
            self._boot.record.enter(phase)
        except OSError as error:
            log.warning("The endpoint record could not be written.", extra={"error": str(error)})

    def _record_crash(self, reason: str) -> None:
        record_crash(self._boot.state, self._app.instance.owner, reason)
