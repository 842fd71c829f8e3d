"""A start that fails half-way leaves nothing open and nobody unburied in its starter (R23, R24)."""

import errno
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from djobs_local import folders, spawn
from tests.harness.waiting import wait_until
from tests.local.client import STAND_IN
from tests.local.place import Place

Break = Callable[[pytest.MonkeyPatch], None]


def refuse(*_: object, **__: object) -> Any:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def no_pipe(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "pipe", refuse)


def no_second_copy(patch: pytest.MonkeyPatch) -> None:
    copy = fcntl.fcntl
    answers: Iterator[Callable[..., Any]] = iter([copy, refuse])
    patch.setattr(fcntl, "fcntl", lambda *args: next(answers)(*args))


def no_listing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "listdir", refuse)


def no_program(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "posix_spawn", refuse)


@pytest.mark.parametrize("break_it", [no_pipe, no_second_copy, no_listing, no_program])
def test_whatever_the_system_refuses_no_descriptor_stays_open(
    place: Place, break_it: Break
) -> None:
    folders.prepare_state(place.state)
    before = os.listdir("/proc/self/fd")
    with pytest.MonkeyPatch.context() as patch:
        break_it(patch)
        with pytest.raises(OSError, match="Too many open files"):
            spawn.spawn_daemon(place.state, "a test", STAND_IN)
    assert os.listdir("/proc/self/fd") == before


def test_a_launcher_that_leaves_late_is_collected_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spawn, "REAP_SECONDS", 0.02)
    reader, writer = os.pipe()
    waits = [sys.executable, "-I", "-S", "-c", "import os; os.read(0, 1)"]
    pid = os.posix_spawn(
        waits[0], waits, {}, file_actions=[(os.POSIX_SPAWN_DUP2, reader, 0)], setpgroup=0
    )
    os.close(reader)
    assert spawn.reap(pid) is None
    os.close(writer)
    wait_until(lambda: not is_child(pid), "the late launcher is reaped")


def is_child(pid: int) -> bool:
    """Whether a child with this pid runs, or waits to be collected."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
