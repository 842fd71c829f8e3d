"""One RPC connection: hello, then requests answered as they finish."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
import msgspec

from djobs_daemon.app import App
from djobs_daemon.deadline import FailAfter
from djobs_daemon.holders import identified, session_ended
from djobs_daemon.nesting import depth_of_client
from djobs_daemon.queue.correlation import normalise
from djobs_daemon.queue.present import moment
from djobs_daemon.rpc.lines import LOSSES, LineStream, too_large
from djobs_daemon.rpc.subscriptions import Subscriptions
from djobs_daemon.rpc.turns import Turns
from djobs_daemon.store.records import Actor, RequestKey, digest, encode_reply
from djobs_protocol.daemon_replies import ConnectionInfo, Welcome
from djobs_protocol.daemon_requests import Hello
from djobs_protocol.envelope import Call, RequestId, decode_call, failure_line, result_line
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import Oversize
from djobs_protocol.limits import REQUEST_SECONDS_DEFAULT
from djobs_protocol.reading_replies import Subscription
from djobs_protocol.reading_requests import (
    GetJob,
    ListJobs,
    QueryAudit,
    ReadLog,
    ResumeSession,
    SubscribeEvents,
    UnsubscribeEvents,
)
from djobs_protocol.requests import HELLO_METHOD, METHODS, Request
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN, SCHEMA_VERSION, VERSION

T = TypeVar("T")

log = logging.getLogger(__name__)

LARGE = (GetJob, ListJobs, QueryAudit, ReadLog, ResumeSession)
"""Requests whose replies may be large: of one connection one after the other, and none before the
client has taken what it was sent, so that one that reads nothing costs little (R26)."""

_DECODERS = {method: msgspec.json.Decoder(kind).decode for method, kind in METHODS.items()}
_decode_hello = msgspec.json.Decoder(Hello).decode


class RpcConnection:
    """Serves one client of the RPC door."""

    def __init__(self, app: App, lines: LineStream, number: int, pid: int) -> None:
        self._app = app
        self._lines = lines
        self._number = number
        self._pid = pid
        self._one_large_reply = anyio.Lock(fast_acquire=True)
        self._keeps_answers = False
        self._subscriptions: Subscriptions | None = None

    async def serve(self, first: bytes) -> None:
        """Answer the hello on the first line, then every request until the client leaves."""
        actor = await self._greet(first)
        if actor is None:
            return
        try:
            async with anyio.create_task_group() as tasks:
                self._subscriptions = Subscriptions(self._app, self._lines, tasks)
                await Turns(self._lines, partial(self._answer, actor)).run()
                tasks.cancel_scope.cancel()
        finally:
            self._app.connections.introduced_left(self._number)
            with anyio.CancelScope(shield=True):
                await session_ended(self._app, actor)

    async def _greet(self, first: bytes) -> Actor | None:
        request_id: RequestId | None = None
        try:
            call = decode_call(first)
            request_id = call.id
            if call.method != HELLO_METHOD:
                raise DjobsError(ErrorCode.INVALID_REQUEST, "The first request must be a hello.")
            hello = _decode_params(_decode_hello, call.params)
            protocol = _common_protocol(hello)
            self._check_database(hello)
        except DjobsError as refusal:
            await self._lines.send(failure_line(request_id, refusal))
            return None
        actor = self._introduce(hello)
        await self._lines.send(result_line(request_id, encode_welcome(self._app, actor, protocol)))
        return actor

    def _check_database(self, hello: Hello) -> None:
        served = self._app.store.database
        if hello.expected_db is not None and hello.expected_db != served:
            raise DjobsError(
                ErrorCode.WRONG_DATABASE,
                f"This daemon serves database {served}, not {hello.expected_db}.",
                database=served,
            )

    def _introduce(self, hello: Hello) -> Actor:
        self._keeps_answers = hello.session is not None
        unidentified = Actor(
            session=hello.session or f"rpc-{self._app.instance.id[:8]}-{self._number}",
            kind="cli" if hello.client.name == "djobsctl" else "library",
            agent=hello.agent,
            workspace=normalise(hello.workspace or ""),
            client=f"{hello.client.name} {hello.client.version}".strip(),
            pid=self._pid,
            depth=depth_of_client(self._app, self._pid, hello.depth),
        )
        actor = identified(unidentified)
        self._app.connections.introduce(
            self._number,
            ConnectionInfo(
                kind="rpc",
                session=actor.session,
                pid=actor.pid,
                client=actor.client,
                workspace=actor.workspace,
            ),
        )
        return actor

    async def _answer(self, actor: Actor, line: bytes | Oversize) -> None:
        try:
            with self._app.requests.running():
                answer = await self._outcome(actor, line)
                if answer is not None:
                    await self._lines.send(answer)
        except LOSSES:
            log.debug("an answer reached nobody", extra={"session": actor.session})

    async def _outcome(self, actor: Actor, line: bytes | Oversize) -> bytes | None:
        """Return the line that answers a request; None for a notification."""
        try:
            call = _decode(line)
        except DjobsError as error:
            return failure_line(None, error)
        try:
            reply = await self._run(actor, call, line)
            return None if call.id is None else result_line(call.id, reply)
        except DjobsError as error:
            failure = error
        except LOSSES:
            raise
        except Exception:  # the boundary where a fault in djobs becomes an answer
            log.exception("request failed", extra={"session": actor.session})
            failure = DjobsError(ErrorCode.INTERNAL)
        return None if call.id is None else failure_line(call.id, failure)

    async def _run(self, actor: Actor, call: Call, line: bytes | Oversize) -> bytes:
        request = decode_request(call)
        if self._app.stopping.is_set():
            raise DjobsError(ErrorCode.DRAINING)
        seconds = REQUEST_SECONDS_DEFAULT if call.timeout_ms is None else call.timeout_ms / 1000
        try:
            with FailAfter(seconds):
                return await self._dispatch(actor, request, self._key(actor, call, line))
        except TimeoutError:
            raise DjobsError(
                ErrorCode.DEADLINE_EXCEEDED,
                f"{call.method} was not done within {seconds:g} s; a write may still happen.",
            ) from None

    async def _dispatch(self, actor: Actor, request: Request, key: RequestKey | None) -> bytes:
        if isinstance(request, SubscribeEvents | UnsubscribeEvents):
            return encode_reply(await self._subscribe(actor, request))
        if not isinstance(request, LARGE):
            return await self._app.answer(actor, request, key)
        async with self._one_large_reply:
            await self._lines.flush()
            return await self._app.answer(actor, request, key)

    async def _subscribe(
        self, actor: Actor, request: SubscribeEvents | UnsubscribeEvents
    ) -> Subscription:
        """Answer what concerns this connection, as ``dispatch`` answers the rest."""
        self._app.work.heard_of(actor.session)
        assert self._subscriptions is not None
        if isinstance(request, SubscribeEvents):
            return await self._subscriptions.begin(request)
        return self._subscriptions.end(request.subscription)

    def _key(self, actor: Actor, call: Call, line: bytes | Oversize) -> RequestKey | None:
        if not self._keeps_answers or call.id is None or isinstance(line, Oversize):
            return None
        content = call.method.encode() + b"\0" + bytes(call.params)
        return RequestKey(actor.session, f"{call.id!r}", digest(content))


def decode_request(call: Call) -> Request:
    """Return the typed request of a call; raise ``DjobsError`` when there is none."""
    decoder = _DECODERS.get(call.method)
    if decoder is None:
        raise DjobsError(ErrorCode.UNKNOWN_METHOD, f"There is no method {call.method[:100]!r}.")
    return _decode_params(decoder, call.params)


def encode_welcome(app: App, actor: Actor, protocol: int) -> bytes:
    """Return the daemon's half of the hello."""
    welcome = Welcome(
        protocol=protocol,
        protocol_range=(PROTOCOL_MIN, PROTOCOL_MAX),
        build=VERSION,
        schema=SCHEMA_VERSION,
        database=app.store.database,
        instance=app.instance.id,
        pid=app.instance.pid,
        started_at=moment(app.instance.started_at),
        session=actor.session,
        capabilities=sorted(METHODS),
    )
    return msgspec.json.encode(welcome)


def _decode(line: bytes | Oversize) -> Call:
    if isinstance(line, Oversize):
        raise too_large(line)
    return decode_call(line)


def _decode_params(decoder: Callable[[bytes], T], params: msgspec.Raw) -> T:
    try:
        return decoder(bytes(params))
    except msgspec.ValidationError as error:
        raise DjobsError(ErrorCode.INVALID_PARAMS, f"Wrong params: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DjobsError(ErrorCode.PARSE_ERROR, f"Not JSON: {error}.") from None


def _common_protocol(hello: Hello) -> int:
    low, high = hello.protocol
    common = min(high, PROTOCOL_MAX)
    if common < max(low, PROTOCOL_MIN):
        raise DjobsError(
            ErrorCode.PROTOCOL_MISMATCH,
            f"The client (build {hello.build}) speaks protocol {low} to {high}; this daemon "
            f"(build {VERSION}) speaks {PROTOCOL_MIN} to {PROTOCOL_MAX}.",
            build=VERSION,
            protocol_range=[PROTOCOL_MIN, PROTOCOL_MAX],
        )
    return common
