"""Which process is meant, so that no stranger is ever signalled (R4).

A pid alone names whoever has it today. Together with the kernel's start token, the boot and the
pid namespace it names one process for ever. What cannot be verified is not touched.
"""

import os
import sys
from enum import StrEnum

from djobs_local.records import integer, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PID_MAX = 2**22
"""The kernel's largest pid on Linux; a larger number in a record is garbage."""


class Comparison(StrEnum):
    """How a recorded process relates to what runs now."""

    SAME = "same"
    GONE = "gone"
    """It has ended; its pid may be another process by now."""
    UNVERIFIABLE = "unverifiable"
    """It cannot be told; touch nothing."""


class SignalOutcome(StrEnum):
    """What became of a signal."""

    SENT = "sent"
    GONE = "gone"
    UNVERIFIABLE = "unverifiable"


class ProcessIdentity:
    """One process of one boot. ``None`` in a field means it could not be read."""

    __slots__ = ("boot", "pid", "pidns", "start")

    def __init__(self, pid: int, start: int | None, boot: str | None, pidns: int | None) -> None:
        self.pid = pid
        self.start = start
        """The kernel's raw start token: ticks since boot on Linux, µs since the epoch on macOS."""
        self.boot = boot
        self.pidns = pidns
        """Inode of the pid namespace the pid counts in; 0 where there are none."""

    def __repr__(self) -> str:
        return f"ProcessIdentity({self.pid}, {self.start}, {self.boot!r}, {self.pidns})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProcessIdentity) and self.to_record() == other.to_record()

    def __hash__(self) -> int:
        return hash((self.pid, self.start, self.boot, self.pidns))

    def to_record(self) -> "dict[str, Any]":
        """Return the fields for a record; ``from_record`` reads them back."""
        return {"pid": self.pid, "start": self.start, "boot": self.boot, "pidns": self.pidns}

    @classmethod
    def from_record(cls, record: "dict[str, Any] | None") -> "ProcessIdentity | None":
        """Return the identity in a record; None when it names no possible process.

        Pids 0, 1 and below mean groups, everybody or init to ``kill``, and are refused here.
        """
        pid = integer(record, "pid")
        if pid is None or not 1 < pid <= PID_MAX:
            return None
        boot = text(record, "boot") or None
        return cls(pid, integer(record, "start"), boot, integer(record, "pidns"))


def of_process(pid: int) -> ProcessIdentity | None:
    """Return the identity of a process that runs now; None when there is no such process."""
    alive, start = _start_token(pid)
    if alive is False:
        return None
    return ProcessIdentity(pid, start, boot_id(), pid_namespace())


def of_self() -> ProcessIdentity:
    """Return this process's own identity."""
    return of_process(os.getpid()) or ProcessIdentity(os.getpid(), None, None, None)


def compare(recorded: ProcessIdentity) -> Comparison:
    """Say whether a recorded process still runs."""
    boot, pidns = boot_id(), pid_namespace()
    if None in (recorded.boot, recorded.start, recorded.pidns, boot, pidns):
        return Comparison.UNVERIFIABLE
    if recorded.boot != boot:
        return Comparison.GONE  # nothing outlives a boot (R60)
    if recorded.pidns != pidns:
        return Comparison.UNVERIFIABLE
    alive, start = _start_token(recorded.pid)
    if alive is False or (start is not None and start != recorded.start):
        return Comparison.GONE
    return Comparison.SAME if start is not None else Comparison.UNVERIFIABLE


def send_signal(recorded: ProcessIdentity, signal_number: int) -> SignalOutcome:
    """Signal a recorded process if it is verifiably the same; the only place that signals anybody.

    Every outcome is logged as ``djobs.signals``. ``PermissionError`` passes through.
    """
    import logging  # signalling is rare and logging is slow to import

    outcome = _send(recorded, signal_number)
    logging.getLogger("djobs.signals").info(
        "signal %d to %r: %s", signal_number, recorded, outcome.value
    )
    return outcome


def _send(recorded: ProcessIdentity, signal_number: int) -> SignalOutcome:
    if recorded.pid <= 1:
        return SignalOutcome.UNVERIFIABLE
    pidfd = _open_pidfd(recorded.pid)
    try:
        # Verified while the descriptor pins the process: nobody can take its pid any more.
        verdict = compare(recorded)
        if verdict is not Comparison.SAME:
            return SignalOutcome(verdict.value)
        return _deliver(recorded.pid, pidfd, signal_number)
    finally:
        if pidfd is not None:
            os.close(pidfd)


def _open_pidfd(pid: int) -> int | None:
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None  # gone, or forbidden by a container; the comparison tells which


def _deliver(pid: int, pidfd: int | None, signal_number: int) -> SignalOutcome:
    import signal  # builds enums; only for this

    try:
        if pidfd is not None and hasattr(signal, "pidfd_send_signal"):
            signal.pidfd_send_signal(pidfd, signal_number)
        else:
            os.kill(pid, signal_number)  # verified a moment ago; this system offers no better
    except ProcessLookupError:
        return SignalOutcome.GONE
    return SignalOutcome.SENT


def describe(recorded: ProcessIdentity) -> str:
    """Return a few words for a message: which process, and whether it still runs."""
    verdict = compare(recorded)
    if verdict is Comparison.SAME:
        return f"pid {recorded.pid}"
    if verdict is Comparison.UNVERIFIABLE:
        return f"pid {recorded.pid}, which cannot be verified"
    if _start_token(recorded.pid)[0] is not False and recorded.boot == boot_id():
        return f"gone (pid {recorded.pid} is now another process)"
    return f"gone (pid {recorded.pid})"


def boot_id() -> str | None:
    """Return what names this boot of this machine; None when the system does not tell."""
    if sys.platform == "darwin":
        from djobs_local import identity_darwin  # ctypes, and only there

        return identity_darwin.boot_id()
    raw = _read_small("/proc/sys/kernel/random/boot_id")
    return raw.decode("ascii", "replace").strip() or None if raw else None


def pid_namespace() -> int | None:
    """Return the inode of our pid namespace; 0 where there are none, None if unreadable."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return None


def _start_token(pid: int) -> tuple[bool | None, int | None]:
    """Return (is it alive, start token); None for what cannot be told. A zombie is not alive."""
    found = _read_token(pid)
    if found is None:
        return (None if _exists(pid) else False), None
    return found


def _read_token(pid: int) -> tuple[bool | None, int | None] | None:
    if sys.platform == "darwin":
        from djobs_local import identity_darwin  # ctypes, and only there

        return identity_darwin.start_token(pid)
    raw = _read_small(f"/proc/{pid}/stat")
    return None if raw is None else _parse_stat(raw)


def _parse_stat(raw: bytes) -> tuple[bool | None, int | None]:
    """Read proc(5) ``stat``: the state and field 22. The name in brackets may hold anything."""
    fields = raw.rpartition(b")")[2].split()
    if len(fields) < 20 or not fields[19].isdigit():
        return None, None
    if fields[0] in (b"Z", b"X", b"x"):
        return False, int(fields[19])
    return True, int(fields[19])


def _exists(pid: int) -> bool:
    """Say whether a process has this pid. Signal 0 signals nobody."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _read_small(path: str) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(fd, 4096)
    except OSError:
        return None
    finally:
        os.close(fd)
