"""One question to a daemon that is there, with as few imports as it takes.

Only ``djobsctl status`` needs this. Whatever goes wrong, the answer is None, and the caller finds
out why the thorough way.
"""

import time

from djobs_local.folders import refuse_real_home, verify_private_folder, verify_socket_folders
from djobs_local.wire import LineSocket, decode_answer, encode_call, hello_params, say_hello
from djobs_protocol.endpoint import socket_path
from djobs_protocol.errors import DjobsError, ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_REQUEST_ID = 1
BUSY_PAUSE_SECONDS = 0.1
"""As in ``djobs_local.call``, which this must not import."""


def quick_call(home: str, method: str, seconds: float, client: str) -> "dict[str, Any] | None":
    """Return the result of one request without parameters, or None.

    A daemon that is busy is asked again until the time is up.
    """
    refuse_real_home(home)
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _call_once(home, method, client, deadline)
        except DjobsError as error:
            if error.code is not ErrorCode.BUSY:
                return None
        except OSError:
            return None
        if time.monotonic() + BUSY_PAUSE_SECONDS >= deadline:
            return None
        time.sleep(BUSY_PAUSE_SECONDS)


def _call_once(home: str, method: str, client: str, deadline: float) -> "dict[str, Any] | None":
    if not verify_private_folder(home) or not verify_socket_folders(home):
        return None
    link = LineSocket.connect(socket_path(home), deadline)
    try:
        say_hello(link, hello_params(client), deadline)
        link.send_line(encode_call(_REQUEST_ID, method, {}), deadline)
        return _result(link, deadline)
    finally:
        link.close()


def _result(link: LineSocket, deadline: float) -> "dict[str, Any] | None":
    while line := link.read_line(deadline):
        answer = decode_answer(line)
        if answer.get("id") == _REQUEST_ID:
            result = answer.get("result")
            return result if isinstance(result, dict) else None
    return None
