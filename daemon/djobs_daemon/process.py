"""Becoming a process of its own: nothing of the starter is kept (R23, R24)."""

import os
import signal
from collections.abc import Collection
from stat import S_ISREG
from typing import Final

from djobs_local import environment

DESCRIPTORS_MAX: Final = 1 << 20
"""Descriptors above this are not looked for; closing a range costs nothing on Linux."""


def detach() -> None:
    """Continue in a grandchild of whoever asked, in a session of its own.

    The process that was spawned ends at once, so the daemon is nobody's child. It must have no
    other thread, which is true of a program that has only just begun.
    """
    if os.fork():
        os._exit(0)
    os.setsid()


def own_standard_descriptors(detached: bool) -> None:
    """Make 0, 1 and 2 descriptors that nobody else waits for.

    Closed ones are opened on /dev/null before any other file can take their number. A detached
    daemon reads nothing and keeps 1 and 2 only if they are plain files, as the log of the attempt
    is: a caller's pipe or terminal would keep that caller waiting for its end.
    """
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    while null <= 2:
        null = os.dup(null)
    for number in (0, 1, 2):
        if not _is_usable(number, detached):
            os.dup2(null, number)
    os.close(null)


def _is_usable(number: int, detached: bool) -> bool:
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        return False
    return not detached or (number > 0 and S_ISREG(mode))


def close_inherited(keep: Collection[int]) -> None:
    """Close every descriptor from 3 upwards but these."""
    lowest = 3
    for number in sorted(keep):
        os.closerange(lowest, number)
        os.set_inheritable(number, False)
        lowest = number + 1
    os.closerange(lowest, DESCRIPTORS_MAX)


def reset_signals() -> None:
    """Give every signal its default meaning and block none.

    Until the daemon can handle them, the signals that would end it by accident are ignored.
    """
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):  # reserved by the C library
            continue
    for number in (signal.SIGPIPE, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def clean_environment() -> None:
    """Drop the starter's variables from this process."""
    for name in os.environ.keys() - environment.kept(os.environ).keys():
        del os.environ[name]
