"""What cannot be watched is looked at once a second; nothing goes unseen in silence."""

import ctypes
import errno
import logging
from pathlib import Path

import anyio
import pytest

from djobs_daemon.watch.falling_back import FallingBackWatcher
from djobs_daemon.watch.interface import new_watcher
from djobs_daemon.watch.poll import PollWatcher
from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _linux() -> None:
    needs.linux("inotify is Linux's")


class NoRoom:
    """A C library whose kernel has no watch left."""

    @staticmethod
    def inotify_add_watch(*_arguments: object) -> int:
        ctypes.set_errno(errno.ENOSPC)
        return -1


async def test_a_kernel_without_room_for_a_watch_makes_it_look_once_a_second(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from djobs_daemon.watch.inotify import InotifyWatcher

    watcher = InotifyWatcher()
    watcher._libc = NoRoom()  # type: ignore[assignment]  # the one function it calls
    falling_back = FallingBackWatcher(watcher)
    for _ in range(2):
        falling_back.watch([str(tmp_path)], {"name"})
    with anyio.fail_after(PATIENCE_SECONDS):
        await falling_back.changed()
    (warning,) = caplog.records
    assert warning.levelno == logging.WARNING
    assert "No space left" in warning.__dict__["error"]
    assert isinstance(falling_back._watcher, PollWatcher)


async def test_a_folder_that_is_not_there_leaves_the_others_watched(tmp_path: Path) -> None:
    watcher = new_watcher()
    watcher.watch([str(tmp_path / "missing"), str(tmp_path)], {"name"})
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watcher.changed)
            (tmp_path / "name").touch()
    assert not isinstance(watcher._watcher, PollWatcher)  # type: ignore[attr-defined]
    watcher.close()
