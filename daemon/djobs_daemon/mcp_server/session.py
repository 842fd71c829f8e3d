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
from typing import Any

import anyio
from anyio.abc import TaskGroup

from djobs_daemon.app import App
from djobs_daemon.mcp_server import (
    deadly,
    direct,
    garbled,
    handshake,
    listening,
    messages,
    opening,
    oversize,
    snapshot,
)
from djobs_daemon.mcp_server.admission import refusal
from djobs_daemon.mcp_server.calls import ToolAnswer
from djobs_daemon.mcp_server.forwarding import Forwarding, internal_error
from djobs_daemon.mcp_server.greeting import greeting
from djobs_daemon.mcp_server.hello import LinkHello, profile_of
from djobs_daemon.mcp_server.link import ClientLine, Link
from djobs_daemon.mcp_server.messages import Message
from djobs_daemon.mcp_server.resources import workflow_uri
from djobs_daemon.mcp_server.roots import (
    LIST_ROOTS,
    ROOTS,
    ROOTS_CHANGED,
    Roots,
    is_answer,
    without_responses,
)
from djobs_daemon.mcp_server.unanswered import Pending, Unanswered
from djobs_daemon.mcp_server.updates import Updates
from djobs_daemon.mcp_server.workspace import Workspace
from djobs_daemon.store.records import Actor
from djobs_protocol.framing import Oversize

log = logging.getLogger(__name__)

LAST_ANSWERS_SECONDS = 2.0
"""After the client closed its end: how long its requests may still take."""
HELD_BYTES_MAX = 16 * 1024 * 1024
"""Of calls that wait for the client's roots; above this reading pauses, as it does for others."""
CALL_BYTES = 4096
"""What a waiting call occupies beside its line, roughly."""
_ANSWERS = snapshot.load()


class McpSession:
    """Reads one client's lines and sees that each is answered or forgotten."""

    def __init__(
        self, app: App, link: Link, hello: LinkHello, actor: Actor, start: Workspace
    ) -> None:
        self.app = app
        self.link = link
        self.roots = Roots(link.push, hello, start)
        self._actor = actor
        self.id = actor.session
        self.profile = profile_of(hello)
        self.answers = _ANSWERS[self.profile]
        self.unanswered = Unanswered()
        self.updates = Updates(app, link)
        self.era = handshake.Era()
        self._sdk = Forwarding(self)
        self._suspects = deadly.Suspects(hello)
        self._calls: TaskGroup | None = None
        seen = hello.last  # nothing, when every daemon so far ended before it was heard
        self._tools_changed = seen is not None and seen.get("tools") != self.answers.tools_digest

    @property
    def actor(self) -> Actor:
        """Who asks, in the workspace that is known by now."""
        return self._actor._replace(workspace=self.roots.workspace.path)

    async def run(self) -> None:
        """Serve until the client closes its end and its last requests are answered."""
        async with anyio.create_task_group() as tasks, self._sdk.lines:
            self._calls = tasks
            self.updates.begin(tasks)
            tasks.start_soon(self._sdk.serve)
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
        """Return the server's instructions as of now."""
        return await greeting(self.app, self.roots)

    async def here(self) -> str:
        """Return the address of this workspace's workflow."""
        await self.roots.settled()
        return workflow_uri(self.actor.workspace)

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
        result = self.answers.call(self.era.version or "", answer.text, answer.is_error)
        self.link.answer(number, messages.result(request_id, result))

    def answer_fault(self, number: int, request_id: int | str) -> None:
        """Answer a request that failed inside djobs."""
        self.unanswered.settle(request_id)
        self.link.answer(number, internal_error(request_id))

    async def _take_suspecting(self, line: ClientLine) -> None:
        """Take a line; alone when it may be what daemons die of, not at all when it is."""
        if self._suspects.refuses(line.number):
            told = {"session": self.id, "line": line.number}
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
        if self._sdk.begun and not self.app.mcp_settled.is_set():
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
            log.exception("a line could not be taken", extra={"session": self.id})
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
            log.info("a line that is no message", extra={"session": self.id})
            why = messages.why_unreadable(line.content)
            self._refuse(line.number, garbled.refuse(line.content, why))
        elif message.method is None:
            await self._take_response(line, message)
        elif message.id is None and garbled.has_no_usable_id(line.content):
            self._refuse(line.number, garbled.refuse(line.content, "its id is null."))
        elif message.id is None:
            await self._take_notification(line, message)
        else:
            await self._take_request(line, message, message.id)

    async def _take_response(self, line: ClientLine, message: Message) -> None:
        if is_answer(message) and isinstance(line.content, bytes):
            await self.roots.take_answer(line.content)
        else:
            await self._sdk.forward(line)
        self.link.forget(line.number)

    def _refuse(self, number: int, refusal: bytes | None) -> None:
        if refusal is None:
            self.link.forget(number)
        else:
            self.link.answer(number, refusal)

    async def _take_notification(self, line: ClientLine, message: Message) -> None:
        if message.method == messages.INITIALIZED:
            # Part of the opening. Left unanswered, the shim would wait for a daemon on its behalf.
            self.link.keep(line.number)
            if self._sdk.begun:
                await self._sdk.forward(line)
            else:
                self._sdk.remember(line)
            if self._tools_changed:
                self.link.push(messages.tools_changed())
            self.roots.ask()
            return
        if message.method == messages.CANCELLED:
            self._cancel((message.params or {}).get("requestId"))
        elif message.method == ROOTS_CHANGED:
            self._ask_again()
        if self._sdk.begun:
            await self._sdk.forward(line)
        self.link.forget(line.number)

    def _ask_again(self) -> None:
        if self.era.modern:
            self.roots.ask_again_later()
        else:
            self.roots.ask(again=True)

    def _cancel(self, request_id: Any) -> None:
        known = isinstance(request_id, int | str)
        cancelled = self.unanswered.settle(request_id) if known else None
        if known:
            self.updates.drop(request_id)
        if cancelled is not None:
            self.link.forget(cancelled.number)
            if cancelled.scope is not None:
                cancelled.scope.cancel()

    async def _take_request(
        self, line: ClientLine, message: Message, request_id: int | str
    ) -> None:
        self.roots.note_client(message)
        if not self._actor.client:
            self._actor = self._actor._replace(client=messages.client_of(message))
        if handshake.decide(message, self.era):
            self._sdk.remember(line._replace(content=messages.discover(message)))
        undecided = self.era.version is None
        if await opening.answer(self, line, message, request_id):
            if undecided and self.era.version is not None:
                self._sdk.remember(line)
            self.app.greeted.set()
            return
        if (
            not line.answered
            and (refused := refusal(message, request_id, self.unanswered, self.updates)) is not None
        ):
            self.link.answer(line.number, refused)
            return
        if message.method == messages.CALL_TOOL and not line.answered:
            if not self.era.modern:
                self.roots.ask()
            elif await self.roots.take_call(message):
                asked = self.answers.input_required(ROOTS, LIST_ROOTS)
                self.link.answer(line.number, messages.result(request_id, asked))
                return
            line, message = without_responses(line, message)
            if await self._answer_directly(line, message, request_id):
                return
        if message.method == messages.LISTEN and self.era.modern:
            await self.updates.listen(request_id, message, replayed=line.answered)
        line = self._acknowledge_early(line, message)
        pending = Pending(line.number, line.answered, bounded=message.method != messages.LISTEN)
        await self.unanswered.admit(request_id, pending)
        await self._sdk.forward(line)
        if line.answered and self._tools_changed and messages.wants_tools_changed(message):
            self.link.push(messages.tools_changed(request_id))

    async def _answer_directly(
        self, line: ClientLine, message: Message, request_id: int | str
    ) -> bool:
        call = direct.ordinary(message, self.era)
        if call is None:
            return False
        scope = anyio.CancelScope()
        held = self._bytes_to_hold(line)
        pending = Pending(line.number, muted=False, bounded=True, scope=scope, held_bytes=held)
        await self.unanswered.admit(request_id, pending)
        assert self._calls is not None
        self._calls.start_soon(direct.run, self, line, request_id, call, scope)
        return True

    def _bytes_to_hold(self, line: ClientLine) -> int:
        """Let a call wait for the roots without a place, or their answer could not be read."""
        if not self.roots.awaited or self.unanswered.held_bytes > HELD_BYTES_MAX:
            return 0
        return len(line.content) + CALL_BYTES if isinstance(line.content, bytes) else 0

    def _acknowledge_early(self, line: ClientLine, message: Message) -> ClientLine:
        early = listening.acknowledgement(message) if self.era.modern else None
        if early is None or line.answered:
            return line
        self.link.answer_keeping(line.number, early)
        return line._replace(answered=True)  # so the SDK's own acknowledgement is dropped
