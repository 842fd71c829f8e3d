"""All runs of one daemon, by their ids: the only thing that others need of this package.

A caller's order, so that a command is executed at most once whoever dies when (R10)::

    await runs.prepare(run_id, order)     # the intent is durable
    handle = await runs.spawn(run_id)     # a runner lives, has executed nothing, and waits
    ...commit that the run has begun...   # or runs.abandon(handle): it leaves, having done nothing
    runs.go(handle)
    standing = await runs.wait(run_id)    # also after a restart: nothing but the id is needed

After a start, ``look`` at each run that was not known to have ended: ``NEVER_RAN`` may be spawned
again, ``STARTING`` and ``RUNNING`` are waited for, ``FINISHED`` has a result, ``LOST`` has none.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final

import anyio
from anyio import to_thread

from djobs_daemon.executors import commanding, facts, run_log, spawning
from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.standing import Phase, Standing
from djobs_daemon.failpoints import failpoint
from djobs_local import run_folder
from djobs_local.identity import ProcessIdentity

READY_SECONDS: Final = 30.0
"""A runner needs a twentieth of a second; a loaded machine, or a slow disk, more."""
LOOK_SECONDS: Final = 60.0
"""A net under the kernel's word, for a folder that was replaced while it was waited for."""
LOOK_AGAIN_SECONDS: Final = 0.01
LEAVING_LOOKS: Final = 100
"""A dying process closes its files one after the other; its lock may be the last."""


class Handle:
    """A runner that waits for its go. To be given to ``go`` or ``abandon``, once."""

    __slots__ = ("go_fd", "identity", "run_id")

    def __init__(self, run_id: str, identity: ProcessIdentity, go_fd: int) -> None:
        self.run_id = run_id
        self.identity = identity
        self.go_fd = go_fd


class Runs:
    """Runs whose folders are in ``root``, which is made when there is a first one."""

    def __init__(
        self,
        root: str,
        environ: Mapping[str, str] = os.environ,
        runner_command: Callable[[str], list[str]] = spawning.runner_command,
    ) -> None:
        self._root = root
        self._runner_command = runner_command
        self._environ = spawning.runner_environment(environ)
        self._launchers = spawning.Launchers()

    def folder(self, run_id: str) -> str:
        """Return where a run's files lie, or will."""
        return facts.folder_of(self._root, run_id)

    async def prepare(
        self, run_id: str, order: Order, files: Mapping[str, bytes] | None = None
    ) -> None:
        """Write the intent, durably. May be repeated until the run was begun, then ``RunBegun``.

        ``files`` are put into the run's folder, by name, for the command to read.

        ``ValueError`` for an order that cannot be executed, ``OSError`` when the disk refuses.
        """
        folder, raw = facts.folder_of(self._root, run_id), order.encode()
        await to_thread.run_sync(facts.prepare, folder, raw, files or {})

    async def spawn(self, run_id: str) -> Handle:
        """Start a runner and return once it has its lock and its identity is recorded.

        Nothing is executed before ``go``. Cancelled, or after ``NotSpawned``, nothing ever will be.
        """
        folder = facts.folder_of(self._root, run_id)
        self._launchers.collect_ended()
        spawned = await to_thread.run_sync(
            spawning.spawn_runner, folder, self._runner_command(folder), self._environ
        )
        self._launchers.add(spawned.pid)
        try:
            failpoint("runs.spawned")
            identity = spawning.read_ready(await _read_line(spawned.ready))
            await to_thread.run_sync(self._launchers.collect, spawned.pid)
            failpoint("runs.ready")
        except BaseException:
            os.close(spawned.go)
            raise
        finally:
            os.close(spawned.ready)
        return Handle(run_id, identity, spawned.go)

    def go(self, handle: Handle) -> bool:
        """Let the runner execute; False when it has died, having executed nothing.

        Does not wait. To be called after the beginning was committed, never before.
        """
        failpoint("runs.go")
        try:
            os.write(handle.go_fd, run_folder.GO_BYTE)
        except BrokenPipeError:
            return False
        finally:
            self.abandon(handle)
        failpoint("runs.gone")
        return True

    def abandon(self, handle: Handle) -> None:
        """Let the runner leave, having executed nothing; harmless after ``go``, or repeated."""
        if handle.go_fd >= 0:
            os.close(handle.go_fd)
            handle.go_fd = -1

    async def look(self, run_id: str) -> Standing:
        """Say where a run stands. One that is being spawned may be ``NEVER_RAN`` yet."""
        return await to_thread.run_sync(facts.look, facts.folder_of(self._root, run_id))

    async def wait(self, run_id: str) -> Standing:
        """Return where a run stands once nothing will change by itself, and its runner is gone.

        Woken by the kernel, whichever daemon started the runner. May be cancelled at any time.
        ``OSError`` when this process has no descriptor left; each run waited for takes one.
        """
        folder = facts.folder_of(self._root, run_id)
        while (end := await to_thread.run_sync(facts.open_end, folder)) is not None:
            try:
                with anyio.move_on_after(LOOK_SECONDS):
                    await anyio.wait_readable(end)
                    await _until_unlocked(folder)
            finally:
                os.close(end)
        return await self.look(run_id)

    async def stop(self, run_id: str, grace_ms: int) -> bool:
        """Have a run ended: SIGTERM to all of its processes, SIGKILL after the grace.

        Returns once that has begun; ``wait`` for the end. False when there is no runner to do it.
        A later call may shorten the grace, and 0 kills at once.
        """
        return await self._tell(run_id, f"stop {grace_ms:d}")

    async def pause(self, run_id: str) -> bool:
        """Stop all processes of a run until ``resume``; False when there is no runner.

        When this returns they stand still and it is recorded, so it outlives the daemon.
        ``Refused`` when the run is ending, or the disk will not have it.
        """
        return await self._tell(run_id, "pause")

    async def resume(self, run_id: str) -> bool:
        """Let a paused run go on; False when there is no runner."""
        return await self._tell(run_id, "resume")

    async def _tell(self, run_id: str, command: str) -> bool:
        return await commanding.tell(facts.folder_of(self._root, run_id), command)

    async def read_log(
        self, run_id: str, offset: int, limit: int, stream: str = run_folder.OUT
    ) -> run_log.LogPage:
        """Return at most ``limit`` bytes of output from an offset on; see ``run_log.read``."""
        folder = facts.folder_of(self._root, run_id)
        return await to_thread.run_sync(run_log.read, folder, stream, offset, limit)

    async def runner_identity(self, run_id: str) -> ProcessIdentity | None:
        """Return which process the runner is, or was; None when none was ready yet."""
        return await to_thread.run_sync(facts.runner_identity, facts.folder_of(self._root, run_id))

    async def forget_order(self, run_id: str) -> None:
        """Drop what a run that is over was given: its variables may hold keys (R34)."""
        await to_thread.run_sync(facts.forget_order, self.folder(run_id))

    async def remove(self, run_id: str) -> None:
        """Remove a run and its output; ``RunBegun`` while a runner lives."""
        await to_thread.run_sync(facts.remove, facts.folder_of(self._root, run_id))

    async def run_ids(self) -> list[str]:
        """Return the ids of all runs that have a folder."""
        return await to_thread.run_sync(facts.run_ids, self._root)


async def _read_line(ready: int) -> bytes:
    """Return what the runner says, or nothing when it ended."""
    line = b""
    with anyio.move_on_after(READY_SECONDS):
        while not line.endswith(b"\n"):
            await anyio.wait_readable(ready)
            chunk = os.read(ready, spawning.READY_LINE_BYTES_MAX)
            line += chunk
            if not chunk or len(line) > spawning.READY_LINE_BYTES_MAX:
                break
        return line
    raise spawning.NotSpawned("ready", 0, f"The runner was not ready within {READY_SECONDS:g} s.")


async def _until_unlocked(folder: str) -> None:
    for _ in range(LEAVING_LOOKS):
        if not await to_thread.run_sync(facts.runner_lives, folder):
            return
        await anyio.sleep(LOOK_AGAIN_SECONDS)


__all__ = ["Handle", "Order", "Phase", "Runs", "Standing"]
