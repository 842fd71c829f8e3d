"""Run one tool call: arguments to request, request to reply, reply to text."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from djobs_daemon.app import App
from djobs_daemon.deadline import FailAfter
from djobs_daemon.mcp_server.aliases import meant
from djobs_daemon.mcp_server.arguments import to_request
from djobs_daemon.mcp_server.catalog import TOOL_NAMES
from djobs_daemon.mcp_server.converting import kind_of
from djobs_daemon.mcp_server.pages import Reader
from djobs_daemon.mcp_server.render import render
from djobs_daemon.store.records import Actor, RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_requests import ClaimJob, WaitForJobs
from djobs_protocol.limits import REQUEST_SECONDS_DEFAULT
from djobs_protocol.replies import REPLIES
from djobs_protocol.requests import Request

_DECODERS = {kind: msgspec.json.Decoder(reply).decode for kind, reply in REPLIES.items()}


class ToolAnswer(NamedTuple):
    """What the model reads."""

    text: str
    is_error: bool = False


async def call_tool(
    app: App, actor: Actor, name: str, arguments: Any, key: RequestKey
) -> ToolAnswer:
    """Answer a tool call; whatever is wrong becomes a tool error that says what to do."""
    try:
        name = meant(name)
        if name not in TOOL_NAMES:
            raise DjobsError(
                ErrorCode.INVALID_PARAMS,
                f"There is no tool {name[:80]!r}; there are {', '.join(sorted(TOOL_NAMES))}.",
            )
        if not isinstance(arguments, dict):
            raise DjobsError(
                ErrorCode.INVALID_PARAMS,
                f"arguments is {kind_of(arguments)}; expected an object of the tool's arguments, "
                "such as {}.",
            )
        request = to_request(name, arguments, actor.workspace)
        return ToolAnswer(await answer(app, actor, request, key))
    except DjobsError as error:
        return ToolAnswer(explain(error), is_error=True)
    except RecursionError:
        deep = DjobsError(ErrorCode.INVALID_PARAMS, "The arguments nest too deeply.")
        return ToolAnswer(explain(deep), is_error=True)


async def answer(app: App, actor: Actor, request: Request, key: RequestKey | None) -> str:
    """Return the text that answers a request, in time; raise ``DjobsError``."""
    seconds = REQUEST_SECONDS_DEFAULT
    if isinstance(request, ClaimJob | WaitForJobs):
        seconds += request.wait_seconds
    try:
        with FailAfter(seconds):
            return await _rendered(app, actor, request, key)
    except TimeoutError:
        late = f"Not done within {seconds:g} s; a write may still happen."
        raise DjobsError(ErrorCode.DEADLINE_EXCEEDED, late) from None


async def _rendered(app: App, actor: Actor, request: Request, key: RequestKey | None) -> str:
    """Answer with as many rows as fit an answer: fewer are asked for until they do."""
    while True:
        reply = _DECODERS[type(request)](await app.answer(actor, request, key))
        reader = Reader(
            datetime.now(UTC),
            actor.workspace,
            getattr(request, "correlation_id", None),
            getattr(request, "cursor", None) is not None,
        )
        text, fitting = render(reply, reader)
        if fitting is None:
            return text
        request = msgspec.structs.replace(request, limit=fitting)  # less each time, at least 1


def explain(error: DjobsError) -> str:
    """Return an error as a model should read it: code, what happened, what to do next."""
    body = {"error": str(error.code), "message": error.message, "hint": error.hint}
    return msgspec.json.encode(body).decode()
