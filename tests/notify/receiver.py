"""A web server on loopback that takes messages, and answers as a test wants."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.harness.waiting import wait_until


class Receiver:
    """What came in, oldest first. ``statuses`` are answered one by one; then 200."""

    def __init__(self, statuses: list[int]) -> None:
        self.statuses = statuses
        self.bodies: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self.let = threading.Event()
        self.let.set()
        self.url = ""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Return the bodies, read."""
        return [json.loads(body) for body in self.bodies]

    @property
    def told(self) -> list[dict[str, Any]]:
        """Return each thing of each message."""
        return [each for message in self.messages for each in message["notifications"]]

    def wait(self, count: int) -> None:
        """Return once so many messages were answered or are held."""
        wait_until(lambda: len(self.bodies) >= count, f"{count} messages")


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    """Serve for the length of a block."""
    receiver = Receiver(list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.headers.append(dict(self.headers))
            receiver.bodies.append(body)
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            receiver.let.wait(60)
            try:
                self.send_response(status)
                self.end_headers()
            except OSError:
                return  # whoever asked is gone

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?team=a"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.let.set()
        server.shutdown()
        server.server_close()
        thread.join(20)
