"""An HTTP server on 127.0.0.1 that records what it is asked and streams scripted events back."""

import json
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeAlias

Event: TypeAlias = tuple[str, dict[str, Any]]
"""One server-sent event: its name and its data."""


class LoopbackApi:
    """A model API for one test; use as a context manager. Subclasses say what it answers."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        """Every POST in order of arrival: path without query, decoded body."""
        self.headers: list[tuple[str, str]] = []
        """Of every POST: path without query, and what it says of who asks."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, path: str, body: dict[str, Any]) -> Iterable[Event] | dict[str, Any] | None:
        """Return events to stream, an object to send whole, or None for "no such page"."""
        raise NotImplementedError

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Return what was posted to one path."""
        return [body for seen, body in self.requests if seen == path]

    def authorizations(self, path: str) -> set[str]:
        """Return who asked at one path, as they said."""
        return {said for seen, said in self.headers if seen == path}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _handler_for(api: LoopbackApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
            path = self.path.partition("?")[0]
            api.requests.append((path, body))
            api.headers.append((path, self.headers.get("authorization", "")))
            self._send(api.answer(path, body))

        def do_GET(self) -> None:
            self._send(None)

        def do_HEAD(self) -> None:
            self._send(None)

        def _send(self, answer: Iterable[Event] | dict[str, Any] | None) -> None:
            if answer is None:
                self._send_whole(404, {"error": {"type": "not_found_error", "message": self.path}})
            elif isinstance(answer, dict):
                self._send_whole(200, answer)
            else:
                self._send_whole(200, _encode(answer), "text/event-stream")

        def _send_whole(
            self, status: int, answer: dict[str, Any] | bytes, kind: str = "application/json"
        ) -> None:
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _encode(events: Iterable[Event]) -> bytes:
    lines = (f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    return "".join(lines).encode()
