"""Open the daemon's socket, trusting nobody but this user (R22)."""

import _socket

from djobs_local import folders
from djobs_protocol import endpoint


def dial(state_folder: str) -> tuple[_socket.socket, int]:
    """Return a connected, non-blocking socket whose other end is this user's own, and its pid.

    ``FileNotFoundError`` and ``ConnectionRefusedError`` mean that nobody listens, any other
    ``OSError`` that somebody does and cannot be reached now; ``DjobsError(PERMISSION)`` that the
    folder or the listener is not this user's.
    """
    path = endpoint.socket_path(state_folder)
    if not folders.verify_socket_folders(state_folder):
        raise FileNotFoundError(path)
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.connect(path)
        return sock, folders.check_peer(sock)
    except BaseException:
        sock.close()
        raise
