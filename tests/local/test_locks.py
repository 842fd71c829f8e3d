"""The kernel lock is the only authority (R1)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from djobs_local import locks
from djobs_local.locks import KernelLock, is_held, lock_folder

HOLD = """
import sys
from djobs_local.locks import KernelLock
assert KernelLock.acquire(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def taken(path: str, wait_seconds: float = 0.0) -> KernelLock:
    """Take a lock that must be free."""
    lock = KernelLock.acquire(path, wait_seconds)
    assert lock is not None
    return lock


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "x.lock")


def test_a_lock_excludes_everybody_until_it_is_released(path: str) -> None:
    lock = taken(path)
    assert KernelLock.acquire(path, 0.02) is None
    assert is_held(path)
    lock.release()
    lock.release()
    assert not is_held(path)
    taken(path).release()
    assert os.path.exists(path)


def test_the_file_is_private_and_not_inherited(path: str) -> None:
    with taken(path) as lock:
        assert os.stat(path).st_mode & 0o777 == 0o600
        assert not os.get_inheritable(lock.fd)


def test_the_kernel_frees_the_lock_of_a_killed_holder(path: str) -> None:
    command = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_held(path)
        assert locks.holder_pid(path) == holder.pid
        holder.kill()
        holder.wait()
    assert not is_held(path)
    assert locks.holder_pid(path) is None


def test_waiting_ends_when_the_lock_becomes_free(path: str) -> None:
    command = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
        taken(path, 10).release()


def test_a_removed_or_replaced_file_is_noticed_by_its_holder(path: str) -> None:
    with taken(path) as lock:
        assert lock.still_named()
        os.unlink(path)
        assert not lock.still_named()
        with taken(path) as other:
            assert not lock.still_named()
            assert other.still_named()


def test_a_file_replaced_while_it_was_being_locked_is_not_taken_for_the_lock(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []

    def replace_behind(name: str) -> int:
        fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        if not opened:
            os.unlink(name)
        opened.append(fd)
        return fd

    monkeypatch.setattr(locks, "_open_lock_file", replace_behind)
    with taken(path, 5) as lock:
        assert lock.still_named()
    assert len(opened) == 2


def test_probing_neither_creates_the_file_nor_elects_the_prober(path: str) -> None:
    assert not is_held(path)
    assert not os.path.exists(path)


def test_an_election_is_won_among_busy_probers(path: str) -> None:
    probe = f"from djobs_local.locks import is_held\nwhile True: is_held({path!r})"
    taken(path).release()
    probers = [subprocess.Popen([sys.executable, "-c", probe]) for _ in range(4)]
    try:
        for _ in range(20):
            taken(path, 2.0).release()
    finally:
        for prober in probers:
            prober.kill()
            prober.wait()


def test_a_folder_can_be_locked_and_survives_the_removal_of_what_is_in_it(tmp_path: Path) -> None:
    folder = str(tmp_path)
    lock = lock_folder(folder)
    assert lock is not None
    with lock:
        assert lock_folder(folder) is None
        assert is_held(folder)
        assert lock.still_named()
    assert not is_held(folder)


@pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
def test_what_is_no_regular_file_cannot_be_a_lock(path: str, kind: str) -> None:
    if kind == "link":
        os.symlink("/tmp", path)
    elif kind == "folder":
        os.mkdir(path)
    else:
        os.mkfifo(path)
    with pytest.raises(OSError, match=r"x\.lock"):
        KernelLock.acquire(path)
