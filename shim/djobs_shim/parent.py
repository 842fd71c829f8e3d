"""Notice the death of the process that started the shim (R40).

A client that is killed leaves its pipe open when another process inherited it, so the end of stdin
alone is not enough. One that died before the watch began cannot be told from whoever adopted this
process (pid 1 may be the client, in a container); then the ends of stdin and stdout have to do.
"""

import os
import select
import sys

PARENT_POLL_SECONDS = 5.0
"""Between looks at the parent's pid, where the kernel cannot report its death."""


class ParentWatch:
    """Watches the parent of this process, as it was when the watch began."""

    __slots__ = ("_ppid", "_queue", "fd")

    def __init__(self) -> None:
        self._ppid = os.getppid()
        self._queue: object = None
        self.fd: int | None = None
        """Readable once the parent is dead; None where ``gone`` must be asked."""
        try:
            self.fd = self._open()
        except (OSError, AttributeError):
            pass  # another pid namespace (pid 0), a sandbox that forbids it, or an old system

    def gone(self) -> bool:
        """Say whether the parent is another one than at first."""
        return os.getppid() != self._ppid

    def _open(self) -> int:
        if sys.platform == "linux":
            return os.pidfd_open(self._ppid)
        else:
            queue = self._queue = select.kqueue()
            on_exit = select.kevent(
                self._ppid,
                select.KQ_FILTER_PROC,
                select.KQ_EV_ADD | select.KQ_EV_ONESHOT,
                select.KQ_NOTE_EXIT,
            )
            queue.control([on_exit], 0, 0)
            return queue.fileno()
