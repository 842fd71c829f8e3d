"""The hooks of hosts that have one for the start of a session. Pure.

From each host's documentation; Claude Code's was seen to run. Unlike servers, hooks are entries of
lists, so ours is known by the program it names.
"""

import json
import re
import shlex
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from djobs_setup.editing import json_members
from djobs_setup.editing.result import CannotEdit, Edited, Path, Undo
from djobs_setup.editing.text import decode, joined, separator, without_separator

PROGRAM: Final = "djobs_hook"
"""In the command of every hook of ours."""
TIMEOUT_SECONDS: Final = 5
"""For hosts that ask; the hook has a bound of its own that is a hundredth of it."""


@dataclass(frozen=True)
class HookHost:
    """Where a host has its hooks, and what an entry looks like."""

    host: str
    user: str
    """Template of ``places.Folders``; empty where there is no such place."""
    project: str
    at: Path
    entry: Callable[[str], Any]
    version: int | None = None
    """What the file's ``version`` has to be where it has one."""
    after: str = ""
    """What is left for the user to do."""


def _nested(command: str, **more: Any) -> dict[str, Any]:
    return {"hooks": [{"type": "command", "command": command, **more}]}


def _claude(command: str) -> dict[str, Any]:
    sources = "startup|resume|clear|compact"
    return {"matcher": sources, **_nested(command, timeout=TIMEOUT_SECONDS)}


def _codex(command: str) -> dict[str, Any]:
    return {"matcher": "startup|resume|clear", **_nested(command, timeout=TIMEOUT_SECONDS)}


def _gemini(command: str) -> dict[str, Any]:
    return _nested(command, name="djobs", timeout=TIMEOUT_SECONDS * 1000)


def _cursor(command: str) -> dict[str, Any]:
    return {"command": command}


def _copilot(command: str) -> dict[str, Any]:
    return {"type": "command", "bash": command, "timeoutSec": TIMEOUT_SECONDS}


_CLAUDE_LIST: Final = ("hooks", "SessionStart")
_OTHER_LIST: Final = ("hooks", "sessionStart")

HOSTS: Final = (
    HookHost(
        "claude-code",
        "{claude}/settings.json",
        "{project}/.claude/settings.json",
        _CLAUDE_LIST,
        _claude,
    ),
    HookHost(
        "codex",
        "{codex}/hooks.json",
        "{project}/.codex/hooks.json",
        _CLAUDE_LIST,
        _codex,
        after="Codex runs it once you trust it: type /hooks there.",
    ),
    HookHost(
        "gemini-cli",
        "{home}/.gemini/settings.json",
        "{project}/.gemini/settings.json",
        _CLAUDE_LIST,
        _gemini,
    ),
    HookHost(
        "cursor",
        "{home}/.cursor/hooks.json",
        "{project}/.cursor/hooks.json",
        _OTHER_LIST,
        _cursor,
        version=1,
    ),
    HookHost("copilot", "", "{project}/.github/hooks/djobs.json", _OTHER_LIST, _copilot, version=1),
)
BY_NAME: Final = {each.host: each for each in HOSTS}


def command(interpreter: str, program: str, host: str, state: str = "") -> str:
    """Return the shell command; one whose program is gone is no error for the host either."""
    words = [interpreter, "-I", "-S", program, host, *([state] if state else [])]
    return f"{shlex.join(words)} 2>/dev/null || true"


@dataclass(frozen=True)
class HookEditor:
    """Our hook in a host's JSON file."""

    host: HookHost
    line: str
    """The command it runs."""

    def has(self, content: bytes) -> bool:
        """Say whether our hook is there."""
        return self._index(content) is not None

    def is_current(self, content: bytes) -> bool:
        """Say whether it is there as it would be written now."""
        index = self._index(content)
        return index is not None and self._items(content)[index] == self.host.entry(self.line)

    def put(self, content: bytes) -> Edited:
        """Add the hook where there is none of ours. ``CannotEdit`` when there cannot be one."""
        version = self.host.version
        if version is None or json_members.get(content, ("version",)) is not None:
            return json_members.put_item(content, self.host.at, self.host.entry(self.line))
        first = json_members.put(content, ("version",), version)
        both = json_members.put_item(first.content, self.host.at, self.host.entry(self.line))
        return both if first.undo.made else Edited(both.content, first.undo)

    def take_out(self, content: bytes, undo: Undo) -> bytes:
        """Remove the hook; what the host itself has in the file stays."""
        index = self._index(content)
        if index is None:
            return content
        return json_members.take_out_item(content, self.host.at, index, undo)

    def is_empty(self, content: bytes) -> bool:
        """Say whether nothing is left of a file that was made for the hook."""
        rest = json_members.read(content)
        return not rest or rest == {"version": self.host.version}

    def _index(self, content: bytes) -> int | None:
        items = self._items(content)
        return next((n for n, each in enumerate(items) if PROGRAM in str(each)), None)

    def _items(self, content: bytes) -> list[Any]:
        there = json_members.get(content, self.host.at)
        return there if isinstance(there, list) else []


@dataclass(frozen=True)
class KimiEditor:
    """Our hook in Kimi CLI's TOML: an entry of an array of tables, between two comments."""

    line: str

    def has(self, content: bytes) -> bool:
        """Say whether our hook is there."""
        return _KIMI_BLOCK.search(decode(content).text) is not None

    def is_current(self, content: bytes) -> bool:
        """Say whether it is there as it would be written now."""
        found = _KIMI_BLOCK.search(decode(content).text)
        return found is not None and self._command() in found[0].splitlines()

    def put(self, content: bytes) -> Edited:
        """Add the hook at the end, where it is in nobody's way."""
        source = decode(content)
        gap = separator(source)
        lines = (_KIMI_BEGIN, "[[hooks]]", 'event = "SessionStart"', self._command(), _KIMI_END)
        text = source.text + gap + "".join(line + source.newline for line in lines)
        try:
            tomllib.loads(text)
        except ValueError as error:
            raise CannotEdit(f"cannot have a hook added: {error}") from None
        return Edited(source.encode(text), Undo((PROGRAM,), gap))

    def take_out(self, content: bytes, undo: Undo) -> bytes:
        """Remove the hook."""
        source = decode(content)
        found = _KIMI_BLOCK.search(source.text)
        if found is None:
            return content
        head = without_separator(source.text[: found.start()], undo.gap or "")
        return source.encode(joined(head, source.text[found.end() :], source.newline))

    def is_empty(self, content: bytes) -> bool:
        """Say whether nothing is left of a file that was made for the hook."""
        return not content.strip()

    def _command(self) -> str:
        return f"command = {json.dumps(self.line)}"


def _none(command: str) -> dict[str, Any]:
    raise NotImplementedError("Kimi's hooks are TOML")


KIMI: Final = HookHost("kimi", "{kimi}/config.toml", "", (), _none)
_KIMI_BEGIN: Final = "# djobs:begin"
_KIMI_END: Final = "# djobs:end"
_KIMI_BLOCK: Final = re.compile(
    rf"^{_KIMI_BEGIN}[ \t]*\r?\n(?:.*\r?\n)*?{_KIMI_END}[ \t]*(?:\r?\n|$)", re.MULTILINE
)
