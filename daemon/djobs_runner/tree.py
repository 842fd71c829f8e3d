"""All processes of one run, and signalling them (R4, R11).

On Linux every descendant stays one, because the runner adopts orphans (``kernel.adopt_orphans``):
whoever forked twice and made a session of its own is found by its parents in /proc. Elsewhere only
the command's process group is known.
"""

import os

from djobs_runner.light import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIGKILL = signals.SIGKILL
SIGTERM = signals.SIGTERM
SIGSTOP = signals.SIGSTOP
SIGCONT = signals.SIGCONT

FREEZE_ROUNDS_MAX = 200
"""Whoever starts processes faster than they are stopped is limited by something else."""

UNSURE_LOOKS_MAX = 20
"""Looks in a row that found nobody, on a machine where somebody is always born meanwhile."""

_STOPPED = b"TtZXx"
_ENDED = b"ZXx"


class Member:
    """One process: its pid, its kernel start token, its state's letter, its name (proc(5))."""

    __slots__ = ("name", "parent", "pid", "start", "state")

    def __init__(self, pid: int, parent: int, start: int, state: bytes, name: bytes) -> None:
        self.name = name
        self.pid = pid
        self.parent = parent
        self.start = start
        self.state = state


def read_member(pid: int) -> Member | None:
    """Return a process by its pid; None when there is none."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        name, _, rest = os.read(fd, 4096).rpartition(b")")
    except OSError:
        return None
    finally:
        os.close(fd)
    fields = rest.split()
    return Member(pid, int(fields[1]), int(fields[19]), fields[0], name)


def _last_pid() -> bytes:
    """Return the pid that was given out last (proc(5), ``loadavg``).

    A list of /proc takes milliseconds, and who forks and ends meanwhile may be in it nowhere; but
    while this stays the same nobody is born.
    """
    fd = os.open("/proc/loadavg", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 256).rsplit(None, 1)[-1]
    finally:
        os.close(fd)


class LinuxTree:
    """The descendants of this process."""

    def __init__(self, monitor: int = 0) -> None:
        self._told: set[tuple[int, int, bytes]] = set()
        self._monitor = monitor
        """A pid that is not asked to end: with it all others die at once. 0: there is none."""

    def terminate(self) -> None:
        """Ask every member to end that was not asked before; a stopped one hears of it, too.

        One that has become another program since was not asked: what a shell's child is sent
        before it executes, the shell's own trap may swallow.
        """
        for member in self.members():
            key = (member.pid, member.start, member.name)
            if key not in self._told and member.pid != self._monitor:
                self._told.add(key)
                send_to(member, SIGTERM)
                send_to(member, SIGCONT)

    def members(self) -> list[Member]:
        """Return every descendant that has not ended, parents before their children."""
        return _descendants(self.everybody())

    @staticmethod
    def everybody() -> "Iterator[Member]":
        """Look at every process there is, ended ones that are not collected included.

        Newest first, mostly: whoever forks and ends all the time is met before he is another.
        """
        for name in reversed(os.listdir("/proc")):
            if name.isdecimal() and (member := read_member(int(name))) is not None:
                yield member

    def send(self, number: int) -> None:
        """Signal every member."""
        for member in self.members():
            send_to(member, number)

    def freeze(self) -> None:
        """Stop every member, until a look that has missed nobody finds nobody that still runs."""
        unsure = 0
        for _ in range(FREEZE_ROUNDS_MAX):
            last = _last_pid()
            if self._stop_running():
                unsure = 0
            elif last == _last_pid() or unsure == UNSURE_LOOKS_MAX:
                return
            else:
                unsure += 1

    def _stop_running(self) -> bool:
        """Stop whoever runs; whether there was somebody."""
        everybody, me = [], os.getpid()
        for member in self.everybody():
            everybody.append(member)
            if member.parent == me and member.state not in _STOPPED:
                send_to(member, SIGSTOP)  # at once: by the end of the list it may be another
        running = [each for each in _descendants(everybody) if each.state not in _STOPPED]
        for member in running:
            if member.parent != me:
                send_to(member, SIGSTOP)
        return bool(running)

    def kill(self) -> None:
        """Kill every member; frozen first, so that nobody has a child behind our back."""
        self.freeze()
        self.send(SIGKILL)

    def survivors(self) -> list[int]:
        """Return the pids of those who live."""
        return [member.pid for member in self.members()]


def _descendants(everybody: "Iterable[Member]") -> list[Member]:
    """Return this process's descendants that have not ended, parents before their children."""
    children: dict[int, list[Member]] = {}
    for member in everybody:
        children.setdefault(member.parent, []).append(member)
    found = []
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        waiting += [member.pid for member in below]
        found += [member for member in below if member.state not in _ENDED]
    return found


def send_to(member: Member, number: int) -> None:
    """Signal a process that is verifiably still the one that was found."""
    try:
        pidfd = os.pidfd_open(member.pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        return
    except OSError:
        pidfd = None  # forbidden by a container; verified all the same
    try:
        # Verified while the descriptor pins the process: nobody can take its pid any more.
        now = read_member(member.pid)
        if now is None or now.start != member.start:
            return
        if pidfd is not None:
            signals.pidfd_send_signal(pidfd, number)
        else:
            os.kill(member.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # gone, or set-user-id: listed as a survivor if it stays
    finally:
        if pidfd is not None:
            os.close(pidfd)


class GroupTree:
    """The command's process group, where a system does not tell who descends from whom.

    The group's number is the command's pid, and cannot be another's while a member lives; once
    there was none it is not used again.
    """

    def __init__(self, group: int) -> None:
        self._group = group
        self._told = False
        self._gone = False

    def terminate(self) -> None:
        """Ask every member to end, once: for many programs twice means at once."""
        if not self._told:
            self.send(SIGTERM)
            self.send(SIGCONT)
        self._told = True

    def send(self, number: int) -> None:
        """Signal every member."""
        if self.survivors():
            try:
                os.killpg(self._group, number)
            except (ProcessLookupError, PermissionError):
                return

    def freeze(self) -> None:
        """Stop every member."""
        self.send(SIGSTOP)

    def kill(self) -> None:
        """Kill every member."""
        self.send(SIGKILL)

    def survivors(self) -> list[int]:
        """Return the group's number if anybody in it lives."""
        try:
            os.killpg(self._group, 0)
        except ProcessLookupError:
            self._gone = True
        except PermissionError:
            pass  # somebody lives who may not be signalled
        return [] if self._gone else [self._group]
