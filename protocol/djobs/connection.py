"""One open connection to the daemon: requests out, answers back to whoever asked."""

import os
import socket
from contextlib import suppress

import anyio
import msgspec
from anyio.abc import SocketAttribute, SocketStream

from djobs.decoding import decode
from djobs.handover import HandOver
from djobs_local.environment import DEPTH, stated_depth
from djobs_local.folders import check_peer
from djobs_protocol.daemon_replies import Welcome
from djobs_protocol.daemon_requests import ClientInfo, Hello
from djobs_protocol.envelope import RequestId
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import LineSplitter, Oversize
from djobs_protocol.limits import FRAME_BYTES_MAX, REQUEST_SECONDS_MAX
from djobs_protocol.requests import HELLO_METHOD
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN, VERSION

CHUNK_BYTES = 64 * 1024


class ConnectionLost(Exception):
    """The daemon went away; what was asked may be asked again under the same id."""


class _Answer(msgspec.Struct, frozen=True):
    id: RequestId | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: dict[str, object] | None = None
    method: str | None = None
    """Of a notification, which answers nobody."""
    params: msgspec.Raw = msgspec.Raw(b"")


class _Waiter:
    """Whoever waits for one answer; no answer when woken means that the connection was lost."""

    def __init__(self) -> None:
        self.woken = anyio.Event()
        self.answer: _Answer | DjobsError | None = None

    def wake(self, answer: _Answer | DjobsError | None = None) -> None:
        if not self.woken.is_set():
            self.answer = answer
            self.woken.set()


_encode = msgspec.json.Encoder().encode


class Connection:
    """Multiplexes requests over one socket; ``read_answers`` must be running and owns the socket.

    What a cancelled task leaves behind is at most an answer nobody waits for. Only a line that
    was cut short spoils the connection, and then it counts as lost.
    """

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream
        self._splitter = LineSplitter()
        self._sending = anyio.Lock()
        self._waiters: dict[RequestId, _Waiter] = {}
        self.lost = False
        self.notices = HandOver()
        """The params of notifications, if they are opened."""

    async def read_answers(self) -> None:
        """Hand out answers until the daemon goes away or ``close``; then wake everybody."""
        try:
            while True:
                chunk = await self._stream.receive(CHUNK_BYTES)
                for line in self._splitter.feed(chunk):
                    notice = self._hand_out(line)
                    if notice is not None:
                        await self.notices.put(notice)
        except (anyio.EndOfStream, anyio.BrokenResourceError, OSError):
            pass
        except DjobsError as error:
            self._wake_all(error)
        finally:
            self.close()
            with anyio.CancelScope(shield=True):
                async with self._sending:  # whoever sends has just seen the shutdown
                    await self._stream.aclose()

    async def ask(self, request_id: int, method: str, params: bytes, seconds: float) -> bytes:
        """Return the encoded result of a request whose ``params`` are encoded.

        Raises ``DjobsError``, ``ConnectionLost`` or ``TimeoutError``.
        """
        line = encode_line(request_id, method, params, seconds)
        waiter = self._waiters[request_id] = _Waiter()
        try:
            with anyio.fail_after(seconds):
                await self._send(line)
                await waiter.woken.wait()
        finally:
            self._waiters.pop(request_id, None)
        if waiter.answer is None:
            raise ConnectionLost
        return _result(waiter.answer)

    def close(self) -> None:
        """Call the connection lost; its reader meets the end and closes the socket.

        Neither cancels the reader nor closes under its feet: asyncio takes a socket that becomes
        readable at that moment for a fault.
        """
        self._wake_all()
        with suppress(OSError):  # the peer was first
            self._stream.extra(SocketAttribute.raw_socket).shutdown(socket.SHUT_RDWR)

    async def _send(self, line: bytes) -> None:
        async with self._sending:
            if self.lost:
                raise ConnectionLost
            whole = False
            try:
                await self._stream.send(line)
                whole = True
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                raise ConnectionLost from None
            finally:
                if not whole:  # the next line would be read as the end of this one
                    self.close()

    def _hand_out(self, line: bytes | Oversize) -> bytes | None:
        """Give an answer to whoever waits for it; return the params of a notification."""
        if isinstance(line, Oversize):
            self._wake_all(_too_large("The daemon's answer", line.size))
            return None
        answer = decode(line, _Answer)
        if answer.method is not None:
            return bytes(answer.params)
        waiter = self._waiters.get(answer.id) if answer.id is not None else None
        if waiter is not None:
            waiter.wake(answer)
        return None

    def _wake_all(self, error: DjobsError | None = None) -> None:
        self.lost = True
        self.notices.end()
        for waiter in self._waiters.values():
            waiter.wake(error)


async def open_connection(path: str) -> Connection:
    """Connect and verify that the listener runs under this user; ``OSError`` if none listens."""
    stream = await anyio.connect_unix(path)
    try:
        check_peer(stream.extra(SocketAttribute.raw_socket))
    except DjobsError:
        await stream.aclose()
        raise
    return Connection(stream)


def hello(session: str, workspace: str | None, agent: str | None, name: str) -> Hello:
    """Return this library's hello."""
    return Hello(
        protocol=(PROTOCOL_MIN, PROTOCOL_MAX),
        build=VERSION,
        client=ClientInfo(name=name, version=VERSION, pid=os.getpid()),
        session=session,
        workspace=workspace,
        agent=agent,
        depth=stated_depth(os.environ.get(DEPTH, "")),
    )


async def greet(connection: Connection, greeting: Hello, seconds: float) -> Welcome:
    """Say hello as request 0 and return the daemon's welcome."""
    result = await connection.ask(0, HELLO_METHOD, _encode(greeting), seconds)
    return decode(result, Welcome)


def encode_params(params: object) -> bytes:
    """Return a request's params as JSON.

    ``INVALID_PARAMS`` when a value has no JSON, ``FRAME_TOO_LARGE`` when they are too long to send.
    """
    try:
        encoded = _encode(params)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise DjobsError(ErrorCode.INVALID_PARAMS, f"Not JSON: {error}.") from None
    if len(encoded) + _ENVELOPE_BYTES_MAX > FRAME_BYTES_MAX:
        raise _too_large("The request", len(encoded))
    return encoded


_ENVELOPE_BYTES_MAX = 256
"""What ``encode_line`` puts around the params."""


def encode_line(request_id: int, method: str, params: bytes, seconds: float) -> bytes:
    """Return the line of one request that may take ``seconds``."""
    milliseconds = max(1, int(min(seconds, REQUEST_SECONDS_MAX) * 1000))
    call = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": msgspec.Raw(params)}
    return _encode({**call, "timeout_ms": milliseconds}) + b"\n"


def _result(answer: _Answer | DjobsError) -> bytes:
    if isinstance(answer, DjobsError):
        raise DjobsError(answer.code, answer.message, **answer.data)
    if answer.error is not None:
        raise DjobsError.from_wire(answer.error)
    return bytes(answer.result)


def _too_large(what: str, size: int) -> DjobsError:
    return DjobsError(
        ErrorCode.FRAME_TOO_LARGE,
        f"{what} is {size} bytes of JSON; the limit is {FRAME_BYTES_MAX} (FRAME_BYTES_MAX).",
        limit=FRAME_BYTES_MAX,
        size=size,
    )
