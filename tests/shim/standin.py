"""A daemon played by the test: a real socket, one scripted step after the other.

Every wait is bounded by ``SECONDS_MAX``.
"""

import json
import os
import select
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from djobs_protocol.endpoint import socket_path

SECONDS_MAX = 15.0


class Connection:
    """One shim, as the daemon sees it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(SECONDS_MAX)
        self._buffer = b""
        self.hello: dict[str, Any] = {}

    def line(self) -> bytes:
        """Return the next line without its newline; ``EOFError`` when there is none."""
        parts = [self._buffer]
        while b"\n" not in parts[-1]:
            chunk = self.sock.recv(1 << 20)
            if not chunk:
                raise EOFError(b"".join(parts))
            parts.append(chunk)
        line, _, self._buffer = b"".join(parts).partition(b"\n")
        return line

    def greet(self, **welcome: Any) -> dict[str, Any]:
        """Read the hello, answer it, return it."""
        self.hello = json.loads(self.line())
        self.send(b"~" + json.dumps(welcome).encode() + b"\n")
        return self.hello

    def send(self, data: bytes, times: int = 1) -> None:
        """Write all of ``data``."""
        for _ in range(times):
            self.sock.sendall(data)

    def send_aside(self, data: bytes, times: int = 1) -> threading.Thread:
        """Begin to write, and go on while the caller does something else."""
        thread = threading.Thread(target=self.send, args=(data, times), daemon=True)
        thread.start()
        return thread

    def at_end(self) -> bool:
        """Wait for the shim to close its end; False when it said something instead."""
        try:
            return not self._buffer and self.sock.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        """Go away without a word."""
        self.sock.close()


class StandIn:
    """Listens where the daemon of ``home`` would."""

    def __init__(self, home: Path, backlog: int = 16) -> None:
        self.path = socket_path(os.path.realpath(home))
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        self._backlog = backlog
        self._accepted: list[Connection] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self.listen()

    def listen(self) -> None:
        """Begin, or begin again, to accept."""
        self._listener.close()
        if os.path.exists(self.path):
            os.unlink(self.path)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(SECONDS_MAX)
        self._listener.bind(self.path)
        self._listener.listen(self._backlog)

    def accept(self) -> Connection:
        """Return the next shim's connection."""
        connection = Connection(self._listener.accept()[0])
        self._accepted.append(connection)
        return connection

    def has_visitor(self) -> bool:
        """Whether somebody has connected and not been accepted."""
        return bool(select.select([self._listener], [], [], 0)[0])

    def serve(self, **welcome: Any) -> Connection:
        """Return the next shim's connection, greeted."""
        connection = self.accept()
        connection.greet(**welcome)
        return connection

    def close(self) -> None:
        """Stop listening; the socket's file stays, as after a kill."""
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        for connection in self._accepted:
            connection.close()
