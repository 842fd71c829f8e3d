"""Commands to a run: lines in a FIFO in its folder.

Why a FIFO: it needs no daemon and no pid, is there for whichever daemon comes next, wakes the
runner by itself, and the kernel says (ENXIO) when no runner reads it. A Unix socket would do the
same, but its path is limited to a hundred bytes, and it would have connections to care for.

A line is ``stop <grace in ms>``, ``pause`` or ``resume``, and then the name of another FIFO for the
answer, ``-`` for none. The answer is one line, ``ok`` or a reason, once the thing is done.
"""

import os

from djobs_local import run_folder

PENDING_BYTES_MAX = 64 * 1024
GRACE_MS_MAX = 24 * 3600 * 1000


class Command:
    """One line, understood."""

    __slots__ = ("acknowledgement", "grace_ms", "verb")

    def __init__(self, verb: str, grace_ms: int | None, acknowledgement: str) -> None:
        self.verb = verb
        self.grace_ms = grace_ms
        self.acknowledgement = acknowledgement


class Control:
    """The runner's end of the FIFO."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._pending = b""
        # For writing as well: so it never ends, though its writers come and go.
        path = os.path.join(folder, run_folder.CONTROL)
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)

    def read(self) -> list[Command]:
        """Return the commands that have come; what is none is passed over."""
        try:
            self._pending += os.read(self.fd, PENDING_BYTES_MAX)
        except BlockingIOError:
            return []
        *lines, self._pending = self._pending.split(b"\n")
        if len(self._pending) > run_folder.COMMAND_LINE_BYTES_MAX:
            self._pending = b""
        return [command for line in lines if (command := parse(line)) is not None]

    def answer(self, command: Command, text: str) -> None:
        """Tell whoever asked, if he still listens."""
        if command.acknowledgement == "-":
            return
        path = os.path.join(self._folder, command.acknowledgement)
        try:
            fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            os.write(fd, text.encode() + b"\n")
        except OSError:
            return
        finally:
            os.close(fd)


def parse(line: bytes) -> Command | None:
    """Return the command in a line; None when it is none."""
    words = line.decode("ascii", "replace").split(" ")
    if words[0] == "stop" and len(words) == 3 and words[1].isdecimal() and len(words[1]) < 12:
        grace: int | None = min(int(words[1]), GRACE_MS_MAX)
    elif words[0] in ("pause", "resume") and len(words) == 2:
        grace = None
    else:
        return None
    return Command(words[0], grace, words[-1]) if _may_answer(words[-1]) else None


def _may_answer(name: str) -> bool:
    prefix = run_folder.ACKNOWLEDGEMENT_PREFIX
    return name == "-" or (name.startswith(prefix) and name[len(prefix) :].isalnum())
