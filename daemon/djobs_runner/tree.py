"""All processes of one run, and signalling them (R4, R11).

On Linux every descendant stays one, because the runner adopts orphans (``kernel.adopt_orphans``):
whoever forked twice and made a session of its own is found by its parents in /proc. Elsewhere only
the command's process group is known.
"""

import os

from djobs_runner.light import signals

SIGKILL = signals.SIGKILL
SIGTERM = signals.SIGTERM
SIGSTOP = signals.SIGSTOP
SIGCONT = signals.SIGCONT

FREEZE_ROUNDS_MAX = 200
"""Whoever starts processes faster than they are stopped is limited by something else."""

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
        children: dict[int, list[Member]] = {}
        for member in self.everybody():
            children.setdefault(member.parent, []).append(member)
        found = []
        waiting = [os.getpid()]
        while waiting:
            below = children.get(waiting.pop(), [])
            waiting += [member.pid for member in below]
            found += [member for member in below if member.state not in _ENDED]
        return found

    @staticmethod
    def everybody() -> list[Member]:
        """Return every process there is, ended ones that are not collected included."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
        return [member for pid in pids if (member := read_member(pid)) is not None]

    def send(self, number: int) -> None:
        """Signal every member."""
        for member in self.members():
            send_to(member, number)

    def freeze(self) -> None:
        """Stop every member, until a look finds nobody that still runs."""
        for _ in range(FREEZE_ROUNDS_MAX):
            running = [member for member in self.members() if member.state not in _STOPPED]
            if not running:
                return
            for member in running:
                send_to(member, SIGSTOP)

    def kill(self) -> None:
        """Kill every member; frozen first, so that nobody has a child behind our back."""
        self.freeze()
        self.send(SIGKILL)

    def survivors(self) -> list[int]:
        """Return the pids of those who live."""
        return [member.pid for member in self.members()]


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
