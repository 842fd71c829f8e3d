"""Whether the write-ahead log was forced to the disk between a request and its answer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.upstream.syscalls import Syscall, attached, parse

_RECEIVE = ("recvfrom", "read")
_SEND = ("sendto", "sendmsg", "write", "writev")
_SYNC = ("fsync", "fdatasync")
_SOCKET = re.compile(r"\d+<(?:socket|UNIX)[^>]*>?")
_TRACE = ("-y", "-s", "300", "-e", f"trace={','.join((*_RECEIVE, *_SEND, *_SYNC))}")


class Exchange(NamedTuple):
    """One request and the first thing that was said on its connection afterwards."""

    request: Syscall
    answer: Syscall
    synced: bool
    """A sync of the log began after the request had come and ended before the answer went."""


@contextmanager
def traced_exchanges(pid: int, *about: str) -> Iterator[list[Exchange]]:
    """Trace a daemon; fill the list, at the end, with the exchanges about any of these words.

    A connection must wait for each answer before it asks again.
    """
    exchanges: list[Exchange] = []
    with attached(pid, *_TRACE) as trace:
        yield exchanges
    exchanges += _exchanges(parse(trace()), about)


def _exchanges(calls: list[Syscall], about: tuple[str, ...]) -> Iterator[Exchange]:
    syncs = [call for call in calls if call.name in _SYNC and "-wal>" in call.text]
    asked: dict[str, Syscall] = {}
    for call in calls:
        socket = _SOCKET.match(call.text)
        if socket is None:
            continue
        if call.name in _RECEIVE and any(word in call.text for word in about):
            asked[socket[0]] = call
        elif call.name in _SEND and socket[0] in asked:
            request = asked.pop(socket[0])
            between = (s for s in syncs if s.began > request.ended and s.ended < call.began)
            yield Exchange(request, call, any(between))
