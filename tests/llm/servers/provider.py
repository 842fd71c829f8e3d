"""The HTTP side that all the scripted providers share."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.llm.servers.script import Answer, Drips, Fails, Garbage, Silence, Step

_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing resets the connection."""


class Asked(NamedTuple):
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class ScriptedProvider:
    """Does the steps in turn, one a request, and the last one for ever. A context manager.

    Subclasses say how one provider says things.
    """

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.asked: list[Asked] = []
        self.was_asked = threading.Event()
        self.was_asked_again = threading.Event()
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._scheme = "http"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Serve HTTPS; to be called before anything is served."""
        self._scheme = "https"
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def base_url(self) -> str:
        """What the SDK is told."""
        raise NotImplementedError

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was asked, in order."""
        return [each.body for each in self.asked]

    def next_step(self, asked: Asked) -> Step:
        """Note a request and return what to do about it."""
        self.asked.append(asked)
        (self.was_asked_again if self.was_asked.is_set() else self.was_asked).set()
        step = self.steps[min(len(self.asked), len(self.steps)) - 1]
        if isinstance(step, Answer) and step.arguments is not None and not self.tool(asked):
            return replace(step, text=json.dumps(step.arguments), arguments=None)
        return step

    def tool(self, asked: Asked) -> str:
        """Return the name of the tool that a request offers; empty if it offers none."""
        raise NotImplementedError

    def streams(self, asked: Asked) -> bool:
        """Say whether a request wants its answer in pieces."""
        raise NotImplementedError

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        """Yield the pieces of a streamed answer, encoded."""
        raise NotImplementedError

    def whole(self, asked: Asked, answer: Answer) -> dict[str, Any]:
        """Return an answer that is not streamed."""
        raise NotImplementedError

    def error_event(self, kind: str) -> bytes:
        """Return an error as it stands in a stream, encoded."""
        raise NotImplementedError

    @property
    def stream_type(self) -> str:
        """The content type of a streamed answer."""
        return "text/event-stream"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _handler_for(provider: ScriptedProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.path, headers, json.loads(content or b"{}"))
            step = provider.next_step(asked)
            match step:
                case Answer() if provider.streams(asked):
                    events = list(provider.events(asked, step))[: step.stop_after]
                    if step.error is not None:
                        events.append(provider.error_event(step.error))
                    self._send_events(events, step.cut_after)
                case Answer():
                    whole = json.dumps(provider.whole(asked, step)).encode()
                    self._send_whole(200, whole, {}, cut=step.cut_after is not None)
                case Fails():
                    self._send_whole(step.status, json.dumps(step.body).encode(), step.headers)
                case Garbage():
                    self._send_whole(200, step.body, {})
                case Drips():
                    self._drip(list(provider.events(asked, Answer(text="Well")))[:3])
                case Silence():
                    provider.closing.wait(120)
                    self.close_connection = True

        def _send_whole(
            self, status: int, content: bytes, headers: Mapping[str, str], *, cut: bool = False
        ) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)
            if cut:
                self._reset()

        def _send_events(self, events: list[bytes], cut_after: int | None) -> None:
            self.send_response(200)
            self.send_header("content-type", provider.stream_type)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for event in events[:cut_after]:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
            self.wfile.flush()
            if cut_after is not None:
                self._reset()
            else:
                self.wfile.write(b"0\r\n\r\n")

        def _drip(self, events: list[bytes]) -> None:
            self.send_response(200)
            self.send_header("content-type", provider.stream_type)
            self.end_headers()
            self.wfile.write(b"".join(events))
            with contextlib.suppress(OSError):  # when nobody listens any more
                while not provider.closing.wait(0.05):
                    self.wfile.write(b": alive\n\n")
            self.close_connection = True

        def _reset(self) -> None:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.connection.shutdown(socket.SHUT_WR)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
