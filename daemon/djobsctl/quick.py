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
    from collections.abc import Sequence
    from typing import Any

BUSY_PAUSE_SECONDS = 0.1
"""As in ``djobs_local.call``, which this must not import."""


def quick_calls(
    home: str, requests: "Sequence[tuple[str, dict[str, Any]]]", seconds: float, client: str
) -> "list[dict[str, Any] | None]":
    """Return the results of requests on one connection; None for each that got none.

    A daemon that is busy is asked again until the time is up.
    """
    nothing: list[dict[str, Any] | None] = [None] * len(requests)
    refuse_real_home(home)
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _call_once(home, requests, client, deadline)
        except DjobsError as error:
            if error.code is not ErrorCode.BUSY:
                return nothing
        except OSError:
            return nothing
        if time.monotonic() + BUSY_PAUSE_SECONDS >= deadline:
            return nothing
        time.sleep(BUSY_PAUSE_SECONDS)


def _call_once(
    home: str, requests: "Sequence[tuple[str, dict[str, Any]]]", client: str, deadline: float
) -> "list[dict[str, Any] | None]":
    found: list[dict[str, Any] | None] = [None] * len(requests)
    if not verify_private_folder(home) or not verify_socket_folders(home):
        return found
    link = LineSocket.connect(socket_path(home), deadline)
    try:
        say_hello(link, hello_params(client), deadline)
        for number, (method, params) in enumerate(requests):
            try:
                link.send_line(encode_call(number, method, params), deadline)
                found[number] = _result(link, number, deadline)
            except OSError:
                if not number:
                    raise
                break  # the first answer stands
    finally:
        link.close()
    return found


def _result(link: LineSocket, number: int, deadline: float) -> "dict[str, Any] | None":
    while line := link.read_line(deadline):
        answer = decode_answer(line)
        if answer.get("id") == number:
            result = answer.get("result")
            return result if isinstance(result, dict) else None
    return None
