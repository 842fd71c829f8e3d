"""What a scripted model says, turn by turn, independent of whose API it is said through."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Say:
    """The model answers with text, which ends the agent's turn."""

    text: str


@dataclass(frozen=True)
class CallTool:
    """The model calls one djobs tool, named as the MCP server names it."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ToolResult:
    """What the agent hands back to the model for one call."""

    text: str
    is_error: bool

    @property
    def data(self) -> Any:
        """The answer of djobs, which is JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise AssertionError(f"not an answer of djobs: {self.text!r}") from None


Reply: TypeAlias = Say | CallTool
Step: TypeAlias = Reply | Callable[[list[ToolResult]], Reply]
"""A reply, or how to make one from the results so far. It runs while the agent waits for the
answer, so whatever it does to the daemon happens between two tool calls."""

DONE = Say("ok")


class Script:
    """Hands out one reply per model request and keeps the results that came back.

    After the last step every reply is ``ok``. Safe to use from several server threads.
    """

    def __init__(self, steps: Sequence[Step] = ()) -> None:
        self._steps = list(steps)
        self._lock = threading.Lock()
        self.results: list[ToolResult] = []
        self.failures: list[BaseException] = []

    def next_reply(self, results: list[ToolResult]) -> Reply:
        """Return what the model says now that the conversation holds these tool results."""
        with self._lock:
            self.results = results
            step = self._steps.pop(0) if self._steps else DONE
            return self._reply_of(step)

    def _reply_of(self, step: Step) -> Reply:
        if isinstance(step, (Say, CallTool)):
            return step
        try:
            return step(self.results)
        # An assertion inside a step must reach the test, not die in the server thread.
        except Exception as failure:  # noqa: BLE001
            self.failures.append(failure)
            return Say(f"script failed: {failure!r}")

    def check(self) -> None:
        """Raise what went wrong inside a step, or that some steps were never asked for."""
        if self.failures:
            raise self.failures[0]
        assert not self._steps, f"{len(self._steps)} steps were never reached"
