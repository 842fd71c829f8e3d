"""Which events which CLI tells."""

from collections.abc import Iterator
from typing import Any

from djobs_agent.claude_stream import ClaudeReader
from djobs_agent.codex_stream import CodexReader
from djobs_agent.contract import StreamKind
from djobs_agent.heard import Heard, Reader


class TextReader:
    """Understands nothing: each line is shown, and the exit status says how it ended."""

    def __init__(self) -> None:
        self.heard = Heard()

    def read(self, event: dict[str, Any]) -> Iterator[str]:
        """Take no event; lines that are none are shown as they are."""
        yield str(event)


def reader_of(stream: StreamKind, model: str = "") -> Reader:
    """Return who understands a stream."""
    match stream:
        case "claude":
            return ClaudeReader()
        case "codex":
            return CodexReader(model)
        case "text":
            return TextReader()
