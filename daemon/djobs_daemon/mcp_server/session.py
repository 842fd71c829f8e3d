"""One MCP session over one shim: handshake and tool calls at once, the rest through the SDK.

Theory of operation. ``run`` reads the client's lines in order. Handshake requests are answered from
the snapshot, always: it is fast, works before the SDK is loaded, and gives every era one authority.
Ordinary tool calls are answered by ``direct``, each in a task of its own. Everything else goes, in
order, through a bounded buffer to the bridge, which hands it to a real SDK server; the bridge first
replays the opening of the session to it, silently, so that the SDK is in the state it would be in
had it answered itself. The same replay rebuilds a session after this process died: the shim sends
the opening lines again.
"""

import logging
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream

from djobs_daemon.app import App
from djobs_daemon.mcp_server import (
    deadly,
    direct,
    garbled,
    handshake,
    listening,
    messages,
    oversize,
    snapshot,
)
from djobs_daemon.mcp_server.calls import ToolAnswer
from djobs_daemon.mcp_server.hello import LinkHello
from djobs_daemon.mcp_server.instructions import instructions, uncounted
from djobs_daemon.mcp_server.link import ClientLine, Link
from djobs_daemon.mcp_server.loader import bridge
from djobs_daemon.mcp_server.messages import Message
from djobs_daemon.mcp_server.unanswered import Pending, Unanswered
from djobs_daemon.store.interface import Actor
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import Oversize
from djobs_protocol.limits import REQUESTS_IN_FLIGHT_MAX

log = logging.getLogger(__name__)

LAST_ANSWERS_SECONDS = 2.0
"""After the client closed its end: how long its requests may still take."""
OPENING_LINES_MAX = 8
SUBSCRIPTIONS_MAX = 16
"""Of one session. The SDK has a bound too, but one for all sessions together."""
INSTRUCTIONS_SECONDS_MAX = 1.0
"""For counting what is unfinished; clients give up on the handshake after about three."""

ANSWERS = snapshot.load()


class Forwarded(NamedTuple):
    """A line on its way to the SDK."""

    line: ClientLine
    muted: bool
    """The client has the answer already; the SDK's own is dropped."""


class McpSession:
    """Reads one client's lines and sees that each is answered or forgotten."""

    def __init__(self, app: App, link: Link, hello: LinkHello, actor: Actor, sure: bool) -> None:
        self.app = app
        self.link = link
        self.hello = hello
        self.actor = actor
        self.workspace_is_sure = sure
        """The shim was told the workspace; no need to ask the client for its roots."""
        self.unanswered = Unanswered()
        self._era = handshake.Era()
        self._suspects = deadly.Suspects(hello)
        self._opening: list[ClientLine] = []
        self._to_bridge, self._from_client = anyio.create_memory_object_stream[Forwarded](
            REQUESTS_IN_FLIGHT_MAX
        )
        self._bridged = False
        self._may_have_roots = True
        self._calls: TaskGroup | None = None
        seen = hello.last  # nothing, when every daemon so far ended before it was heard
        self._tools_changed = seen is not None and seen.get("tools") != ANSWERS.tools_digest

    async def run(self) -> None:
        """Serve until the client closes its end and its last requests are answered."""
        async with anyio.create_task_group() as tasks, self._to_bridge:
            self._calls = tasks
            tasks.start_soon(self._bridge_when_needed)
            while True:
                try:
                    line = await self.link.receive()
                except anyio.EndOfStream:
                    break
                if self.app.stopping.is_set():
                    # Unacknowledged, so the shim brings it to the next daemon.
                    await anyio.sleep_forever()
                await self._take_suspecting(line)
            with anyio.move_on_after(LAST_ANSWERS_SECONDS):
                await self.unanswered.wait_settled()
            tasks.cancel_scope.cancel()

    async def instructions(self) -> str:
        """Return the server's instructions as of now: a session opens whatever befell the store."""
        workspace = self.actor.workspace
        try:
            with anyio.fail_after(INSTRUCTIONS_SECONDS_MAX):
                unfinished, since = await self.app.store.read(
                    lambda view: view.unfinished_since(workspace)
                )
        except DjobsError as error:
            return uncounted(workspace, f"{error.message} {error.hint}")
        except TimeoutError:
            return uncounted(workspace, "It takes long to count them; call resume_session.")
        return instructions(workspace, unfinished, since)

    def refuse_malformed(self, number: int, content: bytes, why: str) -> None:
        """Answer a line that the SDK cannot read, as it answers nothing to it."""
        message = messages.decode(content)
        if message is not None and message.id is not None:
            self.unanswered.settle(message.id)
        self._refuse(number, garbled.refuse(content, why))

    def answer_call(self, number: int, request_id: int | str, answer: ToolAnswer) -> None:
        """Answer a direct call and take it off the books, unless its client has cancelled it."""
        pending = self.unanswered.get(request_id)
        if pending is None or pending.number != number:
            return
        self.unanswered.settle(request_id)
        result = ANSWERS.call(self._era.version or "", answer.text, answer.is_error)
        self.link.answer(number, messages.result(request_id, result))

    def answer_fault(self, number: int, request_id: int | str) -> None:
        """Answer a request that failed inside djobs."""
        self.unanswered.settle(request_id)
        self.link.answer(number, _internal_error(request_id))

    async def _take_suspecting(self, line: ClientLine) -> None:
        """Take a line; alone when it may be what daemons die of, not at all when it is."""
        if self._suspects.refuses(line.number):
            told = {"session": self.actor.session, "line": line.number}
            log.error("a line that no daemon survived is refused", extra=told)
            self._refuse(line.number, deadly.refusal(line.content))
        elif self._suspects.is_taken_alone(line.number):
            await self._take_alone(line)
        else:
            await self._take_guarded(line)

    async def _take_alone(self, line: ClientLine) -> None:
        """Take a line when no other of the session is under way, and tell the shim so."""
        self.link.take_alone(line.number)
        await self._take_guarded(line)
        if self._bridged and not self.app.mcp_settled.is_set():
            self.link.take_alone(0)  # nobody dies of waiting
            await self.app.mcp_settled.wait()
            self.link.take_alone(line.number)
        with anyio.move_on_after(deadly.ALONE_SECONDS):
            await self.unanswered.wait_settled()

    async def _take_guarded(self, line: ClientLine) -> None:
        """Take a line; a fault here answers that line, so that it cannot come back for ever."""
        try:
            await self._take(line)
        except Exception:
            log.exception("a line could not be taken", extra={"session": self.actor.session})
            message = messages.decode(line.content) if isinstance(line.content, bytes) else None
            if message is None or message.id is None:
                self.link.forget(line.number)
            else:
                self.answer_fault(line.number, message.id)

    async def _take(self, line: ClientLine) -> None:
        if isinstance(line.content, Oversize):
            self._refuse(line.number, oversize.refuse(line.content))
            return
        message = messages.decode(line.content)
        if message is None:
            log.info("a line that is no message", extra={"session": self.actor.session})
            why = messages.why_unreadable(line.content)
            self._refuse(line.number, garbled.refuse(line.content, why))
        elif message.method is None:
            await self._forward(line)
            self.link.forget(line.number)
        elif message.id is None:
            await self._take_notification(line, message)
        else:
            await self._take_request(line, message, message.id)

    def _refuse(self, number: int, refusal: bytes | None) -> None:
        if refusal is None:
            self.link.forget(number)
        else:
            self.link.answer(number, refusal)

    async def _take_notification(self, line: ClientLine, message: Message) -> None:
        if message.method == messages.INITIALIZED:
            # Part of the opening. Left unanswered, the shim would wait for a daemon on its behalf.
            self.link.keep(line.number)
            if self._bridged:
                await self._forward(line)
            elif len(self._opening) < OPENING_LINES_MAX:
                self._opening.append(line)
            if self._tools_changed:
                self.link.push(messages.tools_changed())
            return
        if message.method == messages.CANCELLED:
            self._cancel((message.params or {}).get("requestId"))
        if self._bridged:
            await self._forward(line)
        self.link.forget(line.number)

    def _cancel(self, request_id: Any) -> None:
        known = isinstance(request_id, int | str)
        cancelled = self.unanswered.settle(request_id) if known else None
        if cancelled is not None:
            self.link.forget(cancelled.number)
            if cancelled.scope is not None:
                cancelled.scope.cancel()

    async def _take_request(
        self, line: ClientLine, message: Message, request_id: int | str
    ) -> None:
        self._note_client(message)
        if handshake.decide(message, self._era):
            self._opening.append(line._replace(content=messages.discover(message)))
        undecided = self._era.version is None
        if await self._answer_handshake(line, message, request_id):
            if undecided and self._era.version is not None:
                self._opening.append(line)
            return
        if not line.answered and (refusal := self._refusal(message, request_id)) is not None:
            self.link.answer(line.number, refusal)
            return
        if await self._answer_directly(line, message, request_id):
            return
        line = self._acknowledge_early(line, message)
        pending = Pending(line.number, line.answered, bounded=message.method != messages.LISTEN)
        await self.unanswered.admit(request_id, pending)
        await self._forward(line)
        if line.answered and self._tools_changed and messages.wants_tools_changed(message):
            self.link.push(messages.tools_changed(request_id))

    def _refusal(self, message: Message, request_id: int | str) -> bytes | None:
        if request_id in self.unanswered:
            text = f"Request id {request_id!r} is in use by a request that has no answer yet."
            return messages.error(request_id, messages.INVALID_REQUEST, text)
        listens = message.method == messages.LISTEN
        if listens and self.unanswered.subscriptions >= SUBSCRIPTIONS_MAX:
            text = f"This session has {SUBSCRIPTIONS_MAX} subscriptions (SUBSCRIPTIONS_MAX)."
            return messages.error(request_id, messages.INVALID_REQUEST, text)
        return None

    async def _answer_handshake(
        self, line: ClientLine, message: Message, request_id: int | str
    ) -> bool:
        if message.method not in handshake.HANDSHAKE_METHODS:
            return False
        wants_text = message.method in (messages.INITIALIZE, messages.DISCOVER)
        text = await self.instructions() if wants_text and not line.answered else ""
        result = handshake.answer(message, self._era, ANSWERS, text)
        if result is None:
            return False
        if line.answered:
            return True
        response = messages.result(request_id, result)
        if message.method == messages.INITIALIZE:
            self.link.answer_keeping(line.number, response)
        else:
            self.link.answer(line.number, response)
        return True

    async def _answer_directly(
        self, line: ClientLine, message: Message, request_id: int | str
    ) -> bool:
        call = direct.ordinary(message, self._era)
        if call is None or line.answered:
            return False
        asks_first = not self.workspace_is_sure and (self._may_have_roots or call.has_roots)
        if asks_first and self.app.mcp != "failed":
            return False  # the client is asked for its roots, which the SDK can
        scope = anyio.CancelScope()
        pending = Pending(line.number, muted=False, bounded=True, scope=scope)
        await self.unanswered.admit(request_id, pending)
        assert self._calls is not None
        self._calls.start_soon(direct.run, self, line, request_id, call, scope)
        return True

    def _acknowledge_early(self, line: ClientLine, message: Message) -> ClientLine:
        early = listening.acknowledgement(message) if self._era.modern else None
        if early is None or line.answered:
            return line
        self.link.answer_keeping(line.number, early)
        return line._replace(answered=True)  # so the SDK's own acknowledgement is dropped

    async def _forward(self, line: ClientLine) -> None:
        if not self._bridged:
            self._bridged = True
            for opened in self._opening:
                await self._to_bridge.send(Forwarded(opened, muted=True))
        await self._to_bridge.send(Forwarded(line, muted=line.answered))

    async def _bridge_when_needed(self) -> None:
        async with self._from_client:
            first = await self._from_client.receive()
            await self.app.mcp_settled.wait()
            forwarded = _chain(first, self._from_client)
            if self.app.mcp == "failed":
                async for _ in forwarded:
                    self._fail_forwarded()
                return
            try:
                await bridge().serve(self, forwarded)
            except Exception:
                log.exception("the SDK's loop failed", extra={"session": self.actor.session})
                self._fail_forwarded()
                raise

    def _fail_forwarded(self) -> None:
        """Answer every request that the SDK has, or should have had, with a fault."""
        for request_id, pending in self.unanswered.settle_forwarded():
            if not pending.muted:
                self.link.answer(pending.number, _internal_error(request_id))

    def _note_client(self, message: Message) -> None:
        params = message.params or {}
        if message.method == messages.INITIALIZE:
            capabilities = params.get("capabilities")
            self._may_have_roots = not isinstance(capabilities, dict) or "roots" in capabilities
        meta = params.get("_meta")
        info = params.get("clientInfo") or (
            meta.get(messages.CLIENT_KEY) if isinstance(meta, dict) else None
        )
        if isinstance(info, dict) and not self.actor.client:
            client = f"{info.get('name', '')} {info.get('version', '')}".strip()[:100]
            self.actor = self.actor._replace(client=client)


def _internal_error(request_id: int | str) -> bytes:
    problem = DjobsError(ErrorCode.INTERNAL)
    return messages.error(request_id, messages.INTERNAL_ERROR, f"{problem.message} {problem.hint}")


async def _chain(
    first: Forwarded, rest: MemoryObjectReceiveStream[Forwarded]
) -> AsyncIterator[Forwarded]:
    yield first
    async for each in rest:
        yield each
