"""Starting a runner: nobody's child, with nothing of the daemon's but two pipes."""

import json
import os
from collections.abc import Mapping
from typing import Final, NamedTuple

from djobs_daemon.executors.programs import command_of
from djobs_local import run_folder, spawn
from djobs_local.identity import ProcessIdentity

READY_LINE_BYTES_MAX: Final = 4096

_TROUBLE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_ENVIRONMENT_OF_TESTS: Final = ("COVERAGE_PROCESS_CONFIG", "DJOBS_TEST", "DJOBS_RUNNER_FP")


class NotSpawned(Exception):
    """There is no runner, and nothing was executed: the step that failed, the system's number."""

    def __init__(self, step: str, number: int, text: str) -> None:
        super().__init__(text)
        self.step = step
        """``process``, or what the runner itself names: ``order``, ``alive``, ``lock``,
        ``started`` (it was begun before; look at it), ``record``."""
        self.number = number
        """``errno``, or 0."""


class Spawned(NamedTuple):
    """A start under way."""

    pid: int
    """Of the launcher, which forks the runner and leaves; to be collected."""
    ready: int
    """The runner writes one line, or it ends."""
    go: int


def runner_command(folder: str) -> list[str]:
    """Return the command line of a run's runner; whoever lists processes sees which run it is."""
    return [*command_of("djobs_runner", "-I", "-S"), folder]


def runner_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return a runner's variables: none, outside tests. The command's stand in its order."""
    if "DJOBS_TEST" not in environ:
        return {}
    return {name: environ[name] for name in _ENVIRONMENT_OF_TESTS if name in environ}


def spawn_runner(folder: str, command: list[str], environ: Mapping[str, str]) -> Spawned:
    """Start a runner and return at once; ``NotSpawned`` when the system refuses."""
    opened: list[int] = []
    try:
        opened.append(os.open(os.path.join(folder, run_folder.TROUBLE), _TROUBLE_FLAGS, 0o600))
        opened += os.pipe()
        opened += os.pipe()
        trouble, ready, ready_child, go_child, go = opened
        pipes = {run_folder.READY_FD: ready_child, run_folder.GO_FD: go_child}
        pid = spawn.spawn_apart(command, environ, {1: trouble, 2: trouble, **pipes})
        os.set_blocking(ready, False)
        os.set_blocking(go, False)
        opened.remove(ready)
        opened.remove(go)
    except OSError as error:
        raise NotSpawned("process", error.errno or 0, str(error)) from error
    finally:
        for fd in opened:
            os.close(fd)
    return Spawned(pid, ready, go)


def read_ready(line: bytes) -> ProcessIdentity:
    """Return who says that he is ready; ``NotSpawned`` when that is not what the line says."""
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if isinstance(record, dict) and "failed" in record:
        number = record.get("errno")
        raise NotSpawned(
            str(record["failed"]), number if isinstance(number, int) else 0, str(record.get("text"))
        )
    identity = ProcessIdentity.from_record(record if isinstance(record, dict) else None)
    if identity is None:
        raise NotSpawned("process", 0, "The runner ended before it was ready; see runner.err.")
    return identity


class Launchers:
    """Launchers that have not been collected yet; each lives for milliseconds."""

    def __init__(self) -> None:
        self._pids: set[int] = set()

    def add(self, pid: int) -> None:
        """Remember a child."""
        self._pids.add(pid)

    def collect(self, pid: int) -> None:
        """Wait for one whose runner has spoken: it has left, or is about to."""
        self._collect(pid, 0)

    def collect_ended(self) -> None:
        """Collect those that have ended since; does not wait."""
        for pid in list(self._pids):
            self._collect(pid, os.WNOHANG)

    def _collect(self, pid: int, options: int) -> None:
        try:
            done, _ = os.waitpid(pid, options)
        except ChildProcessError:  # collected by another thread
            done = pid
        if done:
            self._pids.discard(pid)
