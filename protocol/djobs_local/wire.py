"""Whole lines over a Unix socket, blocking, every wait bounded by a deadline.

``_socket`` instead of ``socket``: the wrapper costs ``djobsctl`` several milliseconds of enums.
A deadline is a value of ``time.monotonic()``.
"""

import _socket
import json
import os
import time

from djobs_local.environment import DEPTH, stated_depth
from djobs_local.folders import check_peer
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import FRAME_BYTES_MAX
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN, VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CHUNK_BYTES = 256 * 1024
_WAIT_SECONDS_MIN = 0.001
NEVER = float("inf")
"""No deadline."""


class LineSocket:
    """A connection to this user's daemon. Not for two threads."""

    def __init__(self, sock: _socket.socket, pid: int) -> None:
        self._sock = sock
        self._buffer = bytearray()
        self.peer_pid = pid
        """The listener's pid by the kernel's word; 0 where it does not tell."""

    @classmethod
    def connect(cls, path: str, deadline: float) -> "LineSocket":
        """Connect and verify the peer's uid before a byte is exchanged (R22).

        ``OSError`` as the system gives it (ENOENT, ECONNREFUSED, EAGAIN for a full backlog);
        ``TimeoutError``; ``DjobsError(PERMISSION)`` when another user listens there.
        """
        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            sock.settimeout(_left(deadline))
            sock.connect(path)
            return cls(sock, check_peer(sock))
        except BaseException:
            sock.close()
            raise

    def send_line(self, line: bytes, deadline: float) -> None:
        """Send one line; the newline is added here."""
        self._sock.settimeout(_left(deadline))
        self._sock.sendall(line + b"\n")

    def read_line(self, deadline: float) -> bytes:
        """Return the next line without its newline; b"" when the peer closed.

        ``TimeoutError`` at the deadline, which may be ``NEVER``; ``DjobsError(FRAME_TOO_LARGE)``.
        """
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > FRAME_BYTES_MAX:
                raise DjobsError(
                    ErrorCode.FRAME_TOO_LARGE, f"The daemon sent over {FRAME_BYTES_MAX} bytes."
                )
            self._sock.settimeout(_left(deadline))
            chunk = self._sock.recv(_CHUNK_BYTES)
            if not chunk:
                return b""
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def fileno(self) -> int:
        """Return the descriptor, to wait for it beside others; what was read ahead is not in it."""
        return self._sock.fileno()

    def close(self) -> None:
        """Close; harmless when repeated."""
        self._sock.close()


def _left(deadline: float) -> float | None:
    if deadline == NEVER:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline passed")
    return max(left, _WAIT_SECONDS_MIN)


def hello_params(client: str, **more: "Any") -> "dict[str, Any]":
    """Return the fields of ``djobs_protocol.daemon_requests.Hello``; None values are left out."""
    fields = {
        "protocol": [PROTOCOL_MIN, PROTOCOL_MAX],
        "build": VERSION,
        "client": {"name": client, "version": VERSION, "pid": os.getpid()},
        "depth": stated_depth(os.environ.get(DEPTH, "")) or None,
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def encode_call(request_id: int, method: str, params: "dict[str, Any]", **more: "Any") -> bytes:
    """Return one JSON-RPC 2.0 request, without its newline."""
    message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params, **more}
    return json.dumps(message, separators=(",", ":")).encode()


def stranger(path: str, error: DjobsError) -> DjobsError:
    """Return ``error``, or who listens at ``path`` if its answer to the hello is not a daemon's."""
    if error.code not in (ErrorCode.PARSE_ERROR, ErrorCode.FRAME_TOO_LARGE):
        return error
    return DjobsError(
        ErrorCode.PERMISSION,
        f"What listens at {path} is no djobs daemon. {error.message}",
        hint="Nothing was touched. End that program, or choose another folder with DJOBS_HOME.",
        path=path,
    )


def decode_answer(line: bytes) -> "dict[str, Any]":
    """Return the JSON object on a line; ``DjobsError(PARSE_ERROR)`` for anything else."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise DjobsError(
            ErrorCode.PARSE_ERROR, f"The daemon answered no JSON object: {line[:80]!r}."
        )
    return answer


def _send_hello(link: LineSocket, params: "dict[str, Any]", deadline: float) -> None:
    try:
        link.send_line(encode_call(0, "hello", params), deadline)
    except (BrokenPipeError, ConnectionResetError):
        return  # why it closed so early is still to be read


def result_of(answer: "dict[str, Any]") -> "dict[str, Any]":
    """Return the result; raise the daemon's own error.

    ``DjobsError(PARSE_ERROR)`` when either is there but no object: an answer that says neither
    must not pass for a success.
    """
    error, result = answer.get("error"), answer.get("result")
    if isinstance(error, dict):
        raise DjobsError.from_wire(error)
    if error is None and isinstance(result, dict):
        return result
    raise DjobsError(
        ErrorCode.PARSE_ERROR,
        f"The daemon answered neither a result nor an error: {str(answer)[:80]}. A write may have "
        "happened; look before you repeat it.",
    )


def say_hello(link: LineSocket, params: "dict[str, Any]", deadline: float) -> "dict[str, Any]":
    """Exchange the hello and return the daemon's ``Welcome`` fields.

    ``ConnectionResetError`` when the peer closes without an answer, ``TimeoutError``, and whatever
    ``DjobsError`` the daemon answers with, or had said before it closed.
    """
    _send_hello(link, params, deadline)
    line = link.read_line(deadline)
    if not line:
        raise ConnectionResetError("closed before it answered the hello")
    return result_of(decode_answer(line))
