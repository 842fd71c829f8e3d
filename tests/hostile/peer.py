"""A raw peer that says exactly what a test tells it to. Every wait is bounded."""

import itertools
import json
import socket
import time
from typing import Any, Self

from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, wait_until

HELLO = {"protocol": [1, 1], "build": "0", "client": {"name": "peer"}, "workspace": "/repo"}
SESSION = "feedfacefeedfacefeedfacefeedface"


class Closed(Exception):
    """The daemon closed the connection."""


class Peer:
    """One raw connection."""

    def __init__(self, home: DaemonHome) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_SECONDS)
        wait_until(lambda: self._connected(home.socket), "there is room in the queue to connect")
        self._ids = itertools.count(1)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def _connected(self, path: str) -> bool:
        try:
            self.socket.connect(path)
        except BlockingIOError:  # the daemon has not come round to those before us
            return False
        return True

    # Saying

    def write(self, data: bytes) -> None:
        """Send raw bytes."""
        self.socket.sendall(data)

    def say(self, message: object) -> None:
        """Send one JSON line."""
        self.write(json.dumps(message).encode() + b"\n")

    def greet(self, **more: object) -> dict[str, Any]:
        """Say hello as a program; return the welcome."""
        self.say({"jsonrpc": "2.0", "id": 0, "method": "hello", "params": {**HELLO, **more}})
        return dict(self.message()["result"])

    def attach(self, session: str = SESSION) -> None:
        """Say hello as a shim and be welcomed."""
        self.say({"link": 1, "session": session, "next": 1, "args": ["--workspace", "/repo"]})
        assert self.line().startswith(b"~{")

    # Hearing

    def line(self, seconds: float = PATIENCE_SECONDS) -> bytes:
        """Return the next line; ``Closed`` at the end."""
        self.socket.settimeout(seconds)
        while b"\n" not in self._buffer:
            try:
                chunk = self.socket.recv(1 << 20)
            except ConnectionResetError:
                raise Closed from None
            if not chunk:
                raise Closed
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def message(self) -> dict[str, Any]:
        """Return the next line as JSON, without the link's acknowledgement in front."""
        while True:
            line = self.line()
            start = line.find(b"{")
            if start >= 0 and line[:1] != b"~":
                return dict(json.loads(line[start:]))

    def code(self) -> str:
        """Return the error code of the next message."""
        return str(self.message()["error"]["data"]["code"])

    def wait_closed(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Read to the end; fail when there is none in time."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self.line(max(0.01, deadline - time.monotonic()))
        except Closed:
            return

    # Asking

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Send one RPC request and return its whole answer."""
        number = next(self._ids)
        self.say({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        answer = self.message()
        assert answer["id"] == number, answer
        return answer

    def refusal(self, method: str, **params: object) -> str:
        """Send one RPC request that must fail; return the error's code."""
        answer = self.ask(method, **params)
        assert "error" in answer, answer
        return str(answer["error"]["data"]["code"])


def greeted(home: DaemonHome) -> Peer:
    """Return a peer that has said hello as a program."""
    peer = Peer(home)
    peer.greet()
    return peer


def enqueue(peer: Peer, payload: object) -> str:
    """Enqueue one job over RPC; return its id."""
    answer = peer.ask("job.enqueue", jobs=[{"type": "x", "payload": payload}])
    return str(answer["result"]["jobs"][0]["id"])
