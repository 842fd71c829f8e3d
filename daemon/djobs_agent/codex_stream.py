"""The events of ``codex exec --json``, as of version 0.169."""

import re
from collections.abc import Iterator
from typing import Any, Final

from djobs_agent.contract import Code, Spent
from djobs_agent.heard import AT_LIMIT_STATUSES, Ended, Heard, members, number, part, word
from djobs_agent.lines import call_line, one_line

PROVIDER: Final = "openai"
MODEL: Final = "codex"
"""Where the stream does not say, and the job named none."""
_NO_TURN: Final = frozenset({"reasoning", "todo_list", "error"})
_STATUS: Final = re.compile(r"status:? (\d{3})\b")
_AT_LIMIT: Final = re.compile(
    r"usage limit|rate limit|at capacity|overloaded|too many requests", re.IGNORECASE
)


class CodexReader:
    """Reads one conversation. A message or a call of a tool is a turn: it tells of no others."""

    def __init__(self, model: str = "") -> None:
        self.heard = Heard(model=model)
        self._seen: set[str] = set()

    def read(self, event: dict[str, Any]) -> Iterator[str]:
        """Take an event and yield lines for people."""
        match word(event, "type"):
            case "thread.started":
                self.heard.session = word(event, "thread_id")
            case "item.started" | "item.updated" | "item.completed":
                completed = event["type"] == "item.completed"
                yield from self._item(part(event, "item"), completed=completed)
            case "turn.completed":
                self._spent(part(event, "usage"))
                self.heard.ended = Ended(None)
                yield f"ended after {self.heard.turns} turns, {self.heard.tokens:,} tokens"
            case "turn.failed":
                message = one_line(word(part(event, "error"), "message")) or "the turn failed"
                self.heard.ended = _failed(message)
                yield f"ended after {self.heard.turns} turns: {message}"
            case "error":
                yield one_line(f"error: {word(event, 'message')}")
            case _:
                return

    def _item(self, item: dict[str, Any], *, completed: bool) -> Iterator[str]:
        name, kind = word(item, "id"), word(item, "type")
        if kind not in _NO_TURN and name not in self._seen:
            self._seen.add(name)
            self.heard.turns += 1
            if kind != "agent_message":
                yield f"turn {self.heard.turns}: {_call(item)}"
        if not completed:
            return
        if kind == "agent_message":
            self.heard.text = word(item, "text")
            yield f"turn {self.heard.turns}: {one_line(self.heard.text)}"
        elif word(item, "status") == "failed":
            message = word(part(item, "error"), "message") or word(item, "aggregated_output")
            yield f"    failed: {one_line(message or _call(item))}"

    def _spent(self, usage: dict[str, Any]) -> None:
        model = self.heard.model or MODEL
        self.heard.spent = {
            model: Spent(
                provider=PROVIDER,
                model=model,
                tokens_in=number(usage.get("input_tokens")),
                tokens_out=number(usage.get("output_tokens")),
                tokens_cached=number(usage.get("cached_input_tokens")),
            )
        }


def _call(item: dict[str, Any]) -> str:
    match word(item, "type"):
        case "command_execution":
            return one_line(f"$ {word(item, 'command')}")
        case "mcp_tool_call":
            return call_line(f"{word(item, 'server')}.{word(item, 'tool')}", item.get("arguments"))
        case "file_change":
            changes = members(item, "changes")
            return one_line(", ".join(f"{word(c, 'kind')} {word(c, 'path')}" for c in changes))
        case "web_search":
            return one_line(f"web search {word(item, 'query')}")
        case other:
            return other or "something"


def _failed(message: str) -> Ended:
    status = _STATUS.search(message)
    known = status is not None and int(status[1]) in AT_LIMIT_STATUSES
    code = Code.AT_LIMIT if known or _AT_LIMIT.search(message) else Code.AGENT_FAILED
    return Ended(code, message)
