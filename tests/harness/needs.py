"""What a test needs of the machine. Without it the test is skipped, and in CI it fails.

A machine that cannot have something names it in ``DJOBS_TESTS_WITHOUT``, so that what is left out
of a run in CI is a decision that can be read.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

WITHOUT = "DJOBS_TESTS_WITHOUT"
"""Names from what is needed, separated by commas: ``root``, ``mount``, ``pidfd``, a program's."""

needs_root = pytest.mark.usefixtures("root")
"""Marks a test that becomes somebody else, or gives files away."""

_DROP_POWERS = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
for power in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
    if ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, power, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "a power of root cannot be given up")
os.execv(sys.argv[1], sys.argv[1:])
"""


def lacking(need: str, reason: str) -> NoReturn:
    """End the test: skipped, or failed in CI unless the machine is known to lack ``need``."""
    if os.environ.get("CI") == "true" and need not in os.environ.get(WITHOUT, "").split(","):
        pytest.fail(f"{reason}; if it cannot be had here, say {WITHOUT}={need}", pytrace=False)
    pytest.skip(reason)


def root() -> None:
    """Need to be root."""
    if os.geteuid() != 0:
        lacking("root", "only root can become somebody else or give files away")


def mounting() -> None:
    """Need to be allowed to mount."""
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder), 4096):
        pass


def elsewhere_than(platform: str, reason: str) -> None:
    """Need any system but one; what is tested is not so there, which no machine can change."""
    if sys.platform == platform:
        pytest.skip(reason)


def outside_of(hidden: str, path: str, reason: str) -> None:
    """Need a path to lie elsewhere: below ``hidden`` there is nothing that could be tested."""
    if Path(path).is_relative_to(hidden):
        pytest.skip(reason)


def linux(reason: str) -> None:
    """Need Linux; what is tested exists nowhere else."""
    if sys.platform != "linux":
        pytest.skip(reason)


def pidfd() -> None:
    """Need a kernel that can pin a process by a descriptor."""
    if not hasattr(os, "pidfd_open"):
        lacking("pidfd", "this system has no pidfd")


def program(name: str) -> str:
    """Need a program that the system's package manager brings; return its path."""
    found = shutil.which(name)
    return found if found is not None else lacking(name, f"{name} is not installed")


def installed(path: Path, how: str) -> Path:
    """Need a file that ``how`` installs; return its path."""
    if path.exists():
        return path
    lacking(path.name, f"{path} is not there; {how} installs it")


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Need to mount, and do: a file system of ``size`` bytes on an empty folder."""
    _mount("-t", "tmpfs", "-o", f"size={size},mode=700", "djobs-test", str(folder))
    try:
        yield folder
    finally:
        _unmount(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Need to mount, and do: whoever writes below the folder is told that it is read-only."""
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        _unmount(folder)


def without_powers(*command: str) -> list[str]:
    """Return a command that runs bound by the modes of files, as it is for everybody but root."""
    if os.geteuid() != 0:
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _DROP_POWERS, *command]


def _mount(*arguments: str) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        lacking("mount", "only root can mount, and only Linux does it this way")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        lacking("mount", f"mounting is not allowed here: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)
