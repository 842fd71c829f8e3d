"""A loopback listener to which nobody should be able to connect."""

import socket
from typing import Final, Self

_BYTES_MAX: Final = 1000
_WAIT_SECONDS: Final = 1.0
"""For what a peer that has already ended sent before; it is here or never will be."""


class Listener:
    """Listens while it is entered; tells afterwards what came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        port: int = self._socket.getsockname()[1]
        return port

    def heard(self) -> bytes:
        """Return what those have said who connected and have ended since."""
        self._socket.setblocking(False)
        said = b""
        while True:
            try:
                link, _ = self._socket.accept()
            except BlockingIOError:
                return said
            with link:
                link.settimeout(_WAIT_SECONDS)
                try:
                    said += link.recv(_BYTES_MAX)
                except OSError:
                    continue
