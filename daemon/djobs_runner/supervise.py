"""From the launch to the end of a run: one loop that waits for whatever comes first."""

import fcntl
import os
import resource  # noqa: F401 - wait4 imports it, and an upgrade may have removed it by then
import select
import sys
import time

from djobs_local import run_folder
from djobs_runner import course
from djobs_runner.control import Command
from djobs_runner.ending import Ending
from djobs_runner.failpoints import failpoint
from djobs_runner.launch import Launch, launch, read_failure
from djobs_runner.light import signals
from djobs_runner.myself import identity_of
from djobs_runner.sink import Sink
from djobs_runner.small_json import dumps
from djobs_runner.tree import SIGCONT, GroupTree, LinuxTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobs_runner.prepared import Prepared

PIPE_BYTES = 256 * 1024
"""Asked for; a user has 64 MiB of such pipes before the kernel gives small ones."""
FAILURE_BYTES_MAX = 4096
RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
"""Of ``ru_maxrss`` (getrusage(2))."""
DURATION_LINE = b"Duration limit reached\n"


class Run:
    """The command, its processes and its output."""

    def __init__(self, folder: str, prepared: "Prepared") -> None:
        order = prepared.order
        self.folder = folder
        self.order = order
        self.status: int | None = None
        """The command's wait status."""
        self.failure: dict[str, Any] | None = None
        """Why it was not executed."""
        self.cpu_user = self.cpu_system = 0.0
        self.max_rss = 0
        self.stopped_by = ""
        self.sinks: dict[str, Sink] = {}
        self.survivors: list[int] = []
        self._control = prepared.control
        self._launching = True
        self._postponed: list[Command] = []
        self._subreaper = prepared.subreaper
        self._pipes: dict[int, Sink] = {}
        self._poll = select.poll()
        self._wake = _wakeup()
        now = time.monotonic()
        duration = order.get("max_duration_ms")
        self.course = course.Course(
            now,
            None if duration is None else duration / 1000,
            order.get("grace_ms", 10_000) / 1000,
            bool(order.get("kill_leftovers")),
        )
        self._launch = self._start()
        failpoint("run.launched")
        self._tree = _tree_of(order, self._launch.pid, prepared.subreaper)
        self._ending = Ending(self._tree)
        for fd in (self._control.fd, self._wake, self._launch.pipe, *self._pipes):
            self._poll.register(fd, select.POLLIN)

    def _start(self) -> Launch:
        out = self._open_pipe(run_folder.OUT)
        err = self._open_pipe(run_folder.ERR) if self.order.get("stderr") == "apart" else out
        started = launch(self.order, out, err)
        for fd in {out, err}:
            os.close(fd)
        return started

    def _open_pipe(self, stream: str) -> int:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        try:
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        except (AttributeError, OSError):
            pass  # a smaller one does, slower
        sink = Sink(
            self.folder,
            stream,
            self.order.get("log_head_bytes", 16 << 20),
            self.order.get("log_tail_bytes", 48 << 20),
        )
        self.sinks[stream] = self._pipes[reader] = sink
        return writer

    def supervise(self) -> None:
        """Return once the run has ended and its output is kept."""
        while self.course.phase != course.DONE:
            ready = self._poll.poll(self._timeout_ms())
            now = time.monotonic()
            self._look(now)  # first, so that what ended by itself was not stopped
            for fd, _ in ready:
                self._serve(fd, now)
            self._act(self.course.tick(now), now)
            self._look(now)
        self._drain_rest()
        for sink in self.sinks.values():
            sink.close()
        self.survivors = (
            [] if self.status is not None and self._nobody_left() else self._tree.survivors()
        )

    def _timeout_ms(self) -> float | None:
        waits = (
            self.course.wait_seconds(time.monotonic()),
            self._ending.wait_seconds(self.course.phase, self.status is not None),
        )
        return min((seconds * 1000 + 1 for seconds in waits if seconds is not None), default=None)

    def _serve(self, fd: int, now: float) -> None:
        if fd in self._pipes:
            self._pump(fd, now)
        elif fd == self._control.fd:
            for command in self._control.read():
                self._obey(command, now)
        elif fd == self._wake:
            self._heard(os.read(fd, 4096), now)
        else:
            self._launched()

    def _launched(self) -> None:
        """Hear from the child: it failed at a step, or its pipe closed as the command began."""
        raw = os.read(self._launch.pipe, FAILURE_BYTES_MAX)
        if raw:
            self.failure = read_failure(raw)
            return
        self._poll.unregister(self._launch.pipe)
        os.close(self._launch.pipe)
        self._launching = False
        for command in self._postponed:
            self._obey(command, time.monotonic())
        if self.failure is None and self.status is None:
            self._record_command()

    def _record_command(self) -> None:
        path = os.path.join(self.folder, run_folder.COMMAND)
        try:
            with open(path + ".tmp", "w", encoding="ascii") as record:
                record.write(dumps(identity_of(self._launch.pid)))
            os.rename(path + ".tmp", path)
        except OSError:
            return  # it is for people only

    def _pump(self, pipe: int, now: float) -> bool:
        try:
            if self._pipes[pipe].pump(pipe, now):
                return True
        except BlockingIOError:
            return False
        self._poll.unregister(pipe)
        os.close(pipe)
        del self._pipes[pipe]
        return False

    def _drain_rest(self) -> None:
        """Take what is in the pipes; somebody may still be writing, and is not waited for."""
        now = time.monotonic()
        for pipe in list(self._pipes):
            before = self._pipes[pipe].total_bytes
            sink = self._pipes[pipe]
            while self._pump(pipe, now) and sink.total_bytes - before < PIPE_BYTES:
                pass

    def _heard(self, numbers: bytes, now: float) -> None:
        if signals.SIGTERM in numbers and self.course.phase == course.RUNNING:
            self.stopped_by = "signal"
            self._act(self.course.stop(now, self.order.get("grace_ms", 10_000) / 1000), now)

    def _look(self, now: float) -> None:
        """Collect who has ended, and see what that means."""
        nobody = self._nobody_left()
        if self.status is not None and self.course.phase == course.RUNNING:
            failpoint("run.exited")
            if self.course.paused_since is not None:  # killed by somebody while it stood still
                self._resume(now)
            self._act(self.course.exited(now), now)
        if self.status is not None and nobody:
            self._act(self.course.empty(now), now)
        else:
            self._ending.repeat(self.course.phase, self.status is not None, now)
        if not self._pipes:
            self._act(self.course.closed(now), now)

    def _nobody_left(self) -> bool:
        """Reap whoever has ended; say whether nobody is left."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return self._subreaper or not self._tree.survivors()
            if not pid:
                return False
            self.cpu_user += usage.ru_utime
            self.cpu_system += usage.ru_stime
            self.max_rss = max(self.max_rss, usage.ru_maxrss)
            if pid == self._launch.pid:
                self.status = status

    def _act(self, action: str, now: float) -> None:
        if action == course.TERMINATE:
            if self.course.reason == course.DURATION and self.status is None:
                self._say_duration(now)
            self._forget_pause()
        if action != course.NOTHING:
            self._ending.act(action, now)

    def _say_duration(self, now: float) -> None:
        sink = self.sinks[run_folder.OUT]
        sink.write(DURATION_LINE if sink.ends_in_line() else b"\n" + DURATION_LINE, now)

    def _obey(self, command: Command, now: float) -> None:
        if self._launching and command.verb != "stop":
            # A child that was frozen before it executes would keep our lock for us.
            self._postponed.append(command)
            return
        if command.verb == "stop":
            answer = self._stop((command.grace_ms or 0) / 1000, now)
        elif command.verb == "pause":
            answer = self._pause(now)
        else:
            answer = self._resume(now)
        self._control.answer(command, answer)

    def _stop(self, grace: float, now: float) -> str:
        self.stopped_by = self.stopped_by or "order"
        self._act(self.course.stop(now, grace), now)
        return "ok"

    def _pause(self, now: float) -> str:
        if not self.course.pause(now):
            return "the run is ending"
        self._tree.freeze()
        record = dumps({"since_ms": int(time.time() * 1000)}).encode()
        try:
            failpoint("run.pause")
            run_folder.write_durably(self.folder, run_folder.PAUSED, record)
        except OSError as error:  # what cannot be remembered is not done
            self._resume(now)
            return f"the pause cannot be recorded: {error.strerror}"
        return "ok"

    def _resume(self, now: float) -> str:
        self._forget_pause()
        self.course.resume(now)
        self._tree.send(SIGCONT)
        return "ok"

    def _forget_pause(self) -> None:
        try:
            os.unlink(os.path.join(self.folder, run_folder.PAUSED))
            run_folder.sync_folder(self.folder)
        except OSError:
            return


def _wakeup() -> int:
    """Return a descriptor from which the numbers of signals are read."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signals.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signals.SIGCHLD, signals.SIGTERM):
        signals.signal(number, lambda *_: None)
    return reader


def _tree_of(order: "dict[str, Any]", command: int, subreaper: bool) -> "LinuxTree | GroupTree":
    if not subreaper:
        return GroupTree(command)
    return LinuxTree(command if order.get("monitored") else 0)
