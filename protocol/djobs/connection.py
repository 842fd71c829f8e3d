"""One open connection to the daemon: requests out, answers back to whoever asked."""

import os

import anyio
import msgspec
from anyio.abc import SocketStream

from djobs_local.folders import check_peer
from djobs_protocol.envelope import RequestId
from djobs_protocol.errors import DjobsError
from djobs_protocol.framing import LineSplitter, Oversize
from djobs_protocol.replies import Welcome
from djobs_protocol.requests import HELLO_METHOD, ClientInfo, Hello
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN, VERSION

CHUNK_BYTES = 64 * 1024


class ConnectionLost(Exception):
    """The daemon went away; what was asked may be asked again under the same id."""


class _Answer(msgspec.Struct, frozen=True):
    id: RequestId | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: dict[str, object] | None = None


_decode = msgspec.json.Decoder(_Answer).decode
_encode = msgspec.json.Encoder().encode


class Connection:
    """Multiplexes requests over one socket; ``read_answers`` must be running."""

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream
        self._splitter = LineSplitter()
        self._sending = anyio.Lock()
        self._waiting: dict[RequestId, anyio.Event] = {}
        self._answers: dict[RequestId, _Answer] = {}
        self.lost = False

    async def read_answers(self) -> None:
        """Hand out answers until the daemon goes away; then wake everybody."""
        try:
            while True:
                chunk = await self._stream.receive(CHUNK_BYTES)
                for line in self._splitter.feed(chunk):
                    self._hand_out(line)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            self._wake_all()

    async def ask(self, request_id: int, method: str, params: object, seconds: float) -> bytes:
        """Return the encoded result.

        Raises ``DjobsError``, ``ConnectionLost`` or ``TimeoutError``.
        """
        event = self._waiting[request_id] = anyio.Event()
        call = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
        line = _encode({**call, "timeout_ms": max(1, int(seconds * 1000))}) + b"\n"
        try:
            with anyio.fail_after(seconds):
                await self._send(line)
                if not self.lost:
                    await event.wait()
        finally:
            self._waiting.pop(request_id, None)
        answer = self._answers.pop(request_id, None)
        if answer is None:
            raise ConnectionLost
        if answer.error is not None:
            raise DjobsError.from_wire(answer.error)
        return bytes(answer.result)

    async def aclose(self) -> None:
        """Close the socket."""
        await self._stream.aclose()

    async def _send(self, line: bytes) -> None:
        try:
            async with self._sending:
                await self._stream.send(line)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            raise ConnectionLost from None

    def _hand_out(self, line: bytes | Oversize) -> None:
        if isinstance(line, Oversize):
            return
        answer = _decode(line)
        if answer.id is not None and answer.id in self._waiting:
            self._answers[answer.id] = answer
            self._waiting[answer.id].set()

    def _wake_all(self) -> None:
        self.lost = True
        for event in self._waiting.values():
            event.set()


async def open_connection(path: str) -> Connection:
    """Connect and verify that the listener runs under this user; ``OSError`` if none listens."""
    stream = await anyio.connect_unix(path)
    check_peer(stream.extra_attributes[anyio.abc.SocketAttribute.raw_socket]())
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
    )


async def greet(connection: Connection, greeting: Hello, seconds: float) -> Welcome:
    """Say hello as request 0 and return the daemon's welcome."""
    result = await connection.ask(0, HELLO_METHOD, greeting, seconds)
    return msgspec.json.decode(result, type=Welcome)
