"""One line from a starting daemon to whoever started it (R13).

``ready {…}``, ``progress {…}`` (any number, first), or ``failed {…}``; end of file without one of
the final two means it died.
"""

import json
import os

from djobs_local.attempts import TEXT_CHARS_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

READY_FD = 3
"""Where the daemon finds the pipe; also said with ``--ready-fd``."""

LOST_ELECTION = "lost_election"
"""The stage of a start that ended well: somebody else's daemon is there already."""

LINE_BYTES_MAX = 64 * 1024


class ReadyPipe:
    """The daemon's end. Silent when there is nobody to tell; a starter that left is no error."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd
        if fd is not None:
            os.set_inheritable(fd, False)  # a child that kept it would hide our death
            os.set_blocking(fd, False)  # a starter that was stopped must not stop us too

    def progress(self, text: str) -> None:
        """Say that a slow step goes on; extends the starter's patience."""
        self._say("progress", {"text": text})

    def ready(self, **info: "Any") -> None:
        """Say that requests are answered from now on, and close."""
        self._finish("ready", info)

    def failed(
        self,
        stage: str,
        text: str,
        *,
        errno: int | None = None,
        path: str = "",
        code: str = "",
    ) -> None:
        """Say why there will be no daemon, and close."""
        words = {"stage": stage, "text": text[:TEXT_CHARS_MAX], "path": path, "code": code}
        self._finish("failed", {**words, "errno": errno})

    def lost_election(self) -> None:
        """Say that another daemon holds the lock, and close."""
        self.failed(LOST_ELECTION, "Another daemon holds the lock.")

    def close(self) -> None:
        """Close without a word, which the starter reads as death; harmless when repeated."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _finish(self, word: str, info: "dict[str, Any]") -> None:
        self._say(word, info)
        self.close()

    def _say(self, word: str, info: "dict[str, Any]") -> None:
        if self._fd is None:
            return
        try:
            os.write(self._fd, f"{word} {json.dumps(info)}\n".encode())
        except BlockingIOError:
            return  # it has a pipe full of progress to read already
        except OSError:
            self.close()  # the starter has gone; the daemon goes on (R25)


def parse_line(line: bytes) -> "tuple[str, dict[str, Any]] | None":
    """Return (word, fields) of one line; None when it is not one of ours."""
    word, _, rest = line.partition(b" ")
    if word not in (b"ready", b"progress", b"failed"):
        return None
    try:
        info = json.loads(rest)
    except (ValueError, RecursionError):
        return None
    return (word.decode(), info) if isinstance(info, dict) else None
