"""The files that agents read before they begin, and what djobs says there. Pure."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from djobs_setup.editing import marked_block
from djobs_setup.editing.result import Edited, Undo

BLOCK: Final = "djobs"
"""The name in the comments around the block."""


def text() -> str:
    """Return what the block says, in at most 150 words."""
    return (files("djobs_setup") / "instructions.md").read_text("utf-8")


@dataclass(frozen=True)
class Reader:
    """Who reads which file. Templates are those of ``places.Folders``."""

    host: str
    project: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    only_existing: bool = False
    """Never made: the files are somebody's own definitions."""


READERS: Final = (
    Reader("agents", ("{project}/AGENTS.md",)),
    Reader("claude-code", ("{project}/CLAUDE.md",), ("{claude}/CLAUDE.md",)),
    Reader("codex", ("{project}/AGENTS.md",), ("{codex}/AGENTS.md",)),
    Reader("copilot", ("{project}/.github/copilot-instructions.md",)),
    Reader("gemini-cli", ("{project}/GEMINI.md",), ("{home}/.gemini/GEMINI.md",)),
    Reader("opencode", ("{project}/AGENTS.md",), ("{xdg}/opencode/AGENTS.md",)),
    Reader("amp", ("{project}/AGENTS.md",), ("{xdg}/amp/AGENTS.md",)),
    Reader("custom-agents", ("{project}/.github/agents/*.agent.md",), (), only_existing=True),
)
ALWAYS: Final = "agents"
"""Read by nearly every host, so it is made where no host is named."""
IMPORT: Final = "@AGENTS.md"
"""A CLAUDE.md with this line has all that stands in the other."""


@dataclass(frozen=True)
class BlockEditor:
    """Our block in a Markdown file."""

    text: str

    def has(self, content: bytes) -> bool:
        """Say whether the block is there."""
        return marked_block.get(content, BLOCK) is not None

    def is_current(self, content: bytes) -> bool:
        """Say whether it is there as it would be written now."""
        return marked_block.get(content, BLOCK) == "\n".join(self.text.splitlines())

    def put(self, content: bytes) -> Edited:
        """Add the block, or put the text of today into the one that is there."""
        return marked_block.put(content, BLOCK, self.text)

    def take_out(self, content: bytes, undo: Undo) -> bytes:
        """Remove the block."""
        return marked_block.take_out(content, BLOCK, undo)

    def is_empty(self, content: bytes) -> bool:
        """Say whether nothing is left of a file that was made for the block."""
        return not content.strip()
