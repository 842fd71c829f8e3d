"""Where a client says its projects are: the roots of MCP, asked for and read without the SDK.

A client of the handshake eras is asked by a request of its own, as soon as it may be: right after
``notifications/initialized``. Calls that come before its answer wait for it, two seconds at most;
an answer that comes later counts for later calls, and so does the answer to the question that
``roots/list_changed`` leads to. In the modern era the question is the answer to a call, which the
client then repeats with its roots.

Everything a client says here is optional, and nothing of it can make a call fail: a root that is
no folder of this machine is passed over, and without any the session stays where it was started.
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import anyio
import msgspec

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.hello import LinkHello
from djobs_daemon.mcp_server.link import ClientLine
from djobs_daemon.mcp_server.messages import CAPABILITIES_KEY, Message
from djobs_daemon.mcp_server.workspace import Workspace, project_around

ROOTS: Final = "roots"
LIST_ROOTS: Final = "roots/list"
ROOTS_CHANGED: Final = "notifications/roots/list_changed"
RESPONSES: Final = "inputResponses"
QUESTION_PREFIX: Final = "djobs-roots-"
"""Of the ids of our questions. The client's ids are its own; these only meet their answers."""

ANSWER_SECONDS: Final = 2.0
"""A client that declares roots and then ignores the question holds up its calls so long, once."""
LOOK_SECONDS_MAX: Final = 1.0
"""For looking at the folders a client names: one may be on a file server that is away."""
QUESTIONS_MAX: Final = 8
"""Modern calls that may be answered with the question; after so many the client is believed not to
know what to do with it."""


class Roots:
    """Where one session works: what it was started with, or what its client says later."""

    def __init__(self, push: Callable[[bytes], None], hello: LinkHello, start: Workspace) -> None:
        self.workspace = start
        self._push = push
        self._cwd = hello.cwd
        self._prefix = f"{QUESTION_PREFIX}{hello.resume}-"
        self._declared = False
        self._questions = 0
        self._known = False
        self._answered = anyio.Event()
        self._answered.set()
        self._until = 0.0

    def note_client(self, message: Message) -> None:
        """Note whether a request that opens a session, or any of the modern era, declares roots."""
        params = message.params or {}
        meta = params.get("_meta")
        if message.method == messages.INITIALIZE:
            capabilities = params.get("capabilities")
        elif isinstance(meta, dict) and CAPABILITIES_KEY in meta:
            capabilities = meta[CAPABILITIES_KEY]
        else:
            return
        self._declared = isinstance(capabilities, dict) and isinstance(
            capabilities.get(ROOTS), dict
        )

    @property
    def undecided(self) -> bool:
        """Whether the client may yet name another workspace."""
        return self._declared and not self.workspace.sure and not self._known

    @property
    def awaited(self) -> bool:
        """Whether calls wait for an answer."""
        return not self._answered.is_set() and time.monotonic() < self._until

    async def settled(self) -> None:
        """Return when no answer is awaited: it came, or is late."""
        left = self._until - time.monotonic()
        if left > 0 and not self._answered.is_set():
            with anyio.move_on_after(left):
                await self._answered.wait()

    def ask(self, *, again: bool = False) -> None:
        """Ask a client of the handshake eras, once, or ``again`` when its roots have changed."""
        if not self._declared or self.workspace.sure or (self._questions and not again):
            return
        self._questions += 1
        if self._answered.is_set():
            self._answered = anyio.Event()
            self._until = time.monotonic() + ANSWER_SECONDS
        self._push(messages.request(f"{self._prefix}{self._questions}", LIST_ROOTS))

    def ask_again_later(self) -> None:
        """Ask a client of the modern era at its next call: its roots have changed."""
        self._known = False
        self._questions = 0

    async def take_answer(self, line: bytes) -> None:
        """Take the response to ``ask``, however late; an error means that there are none."""
        await self._adopt(folders(msgspec.json.decode(line).get("result")))

    async def take_call(self, message: Message) -> bool:
        """Take the roots that a modern call brings.

        Return whether to answer it with the question instead: up to ``QUESTIONS_MAX`` times.
        """
        responses = (message.params or {}).get(RESPONSES)
        if responses is not None:
            await self._adopt(folders(responses.get(ROOTS) if isinstance(responses, dict) else 0))
            return False
        self._questions += 1
        return self.undecided and self._questions <= QUESTIONS_MAX

    async def _adopt(self, known: list[str]) -> None:
        if known and not self.workspace.sure:
            with anyio.move_on_after(LOOK_SECONDS_MAX):
                self.workspace = await anyio.to_thread.run_sync(
                    choose, known, self._cwd, abandon_on_cancel=True
                )
        self._known = True
        self._answered.set()


def is_answer(message: Message) -> bool:
    """Say whether a response is to one of our questions, perhaps an earlier daemon's."""
    return isinstance(message.id, str) and message.id.startswith(QUESTION_PREFIX)


def folders(result: Any) -> list[str]:
    """Return the folders of this machine in a ``ListRootsResult``, or in whatever came instead."""
    roots = result.get(ROOTS) if isinstance(result, dict) else None
    listed = roots if isinstance(roots, list) else []
    uris = [each.get("uri") for each in listed if isinstance(each, dict)]
    found = [_folder(uri) for uri in uris if isinstance(uri, str)]
    return [folder for folder in found if folder]


def choose(known: Sequence[str], cwd: str) -> Workspace:
    """Return the project around the root that the session was started in, else the first root's."""
    here = os.path.realpath(cwd or "/")
    real = [os.path.realpath(each) for each in known]
    around = [each for each in real if (here + "/").startswith(each.rstrip("/") + "/")]
    return project_around((around or real)[0])


def without_responses(line: ClientLine, message: Message) -> tuple[ClientLine, Message]:
    """Return a repeated call as it was first: its ``inputResponses`` are ours alone to judge."""
    if RESPONSES not in (message.params or {}) or not isinstance(line.content, bytes):
        return line, message
    plain = msgspec.json.decode(line.content)
    for name in (RESPONSES, "requestState"):
        plain["params"].pop(name, None)
    content = messages.encode(plain)
    return line._replace(content=content), messages.decode(content) or message


def _folder(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    path = unquote(parts.path)
    here = parts.scheme == "file" and parts.netloc in ("", "localhost")
    return path if here and path.startswith("/") and "\0" not in path else ""
