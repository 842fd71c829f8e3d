"""Tells the story while it happens: one line per beat, at a pace that a person can follow."""

import sys
import time
from typing import Final, TextIO

from djobsctl.demo.files import Found
from djobsctl.demo.home import Killed
from djobsctl.present.screen import Screen
from djobsctl.present.table import FLEXIBLE_COLUMNS_MIN, cut, display_width
from djobsctl.present.text import plural, safe
from djobsctl.present.wrap import wrap

FILE_PAUSE_SECONDS: Final = 0.1
BEAT_PAUSE_SECONDS: Final = 0.6
"""Only on a terminal: a pipe is not impressed."""
FILE_COLUMNS: Final = 28
BESIDE_FILE_COLUMNS: Final = 41
"""Mark and evidence."""
TOLD_CHARS: Final = 300


class Narrator:
    """Writes the beats. ``paced`` adds the pauses."""

    def __init__(self, stream: TextIO, screen: Screen, *, paced: bool) -> None:
        self._stream = stream
        self._screen = screen
        self._paced = paced

    def opening(self, found: Found, home: str) -> None:
        """Say what is about to happen, and to what."""
        files = plural(len(found.files), "file")
        some = f"the first {files}" if found.more else files
        self._say("An agent's work survives the death of everything.", "bold")
        self._say(f"Files: {some} of {safe(found.root)} (they are only read)", indent=2)
        self._say(f"Home: {home}, a private one; your own jobs are not touched", indent=2)

    def session(self, number: int, agent_pid: int) -> None:
        """Begin a session."""
        self._line("")
        who = "an agent starts" if number == 1 else "another agent, everything cold"
        self._say(f"Session {number}: {who} (pid {agent_pid})", "bold")
        self._say("loading the MCP client library, about a second ...", "dim", indent=2)

    def connected(self) -> None:
        """Say that the agent speaks MCP with djobs."""
        self._say("connected through djobs-mcp", indent=2)

    def recorded(self, count: int) -> None:
        """Say that everything to do is on disk."""
        recorded = f"{plural(count, 'task')} recorded, one per file, in one call"
        self._say(f"enqueue_task: {recorded}", indent=2)
        self._pause(BEAT_PAUSE_SECONDS)

    def done(self, file: str, evidence: str) -> None:
        """Say that one task is done."""
        self._line(f"  {self._screen.paint('✓', 'green')} {self._name(file)}  {evidence}")
        self._pause(FILE_PAUSE_SECONDS)

    def killed(self, killed: Killed, in_flight: str) -> None:
        """Say what has just died, and in the middle of what."""
        self._line(f"  … {self._name(in_flight)}  its report is under way")
        self._line("")
        self._say(
            f"SIGKILL to agent {killed.agent}, djobs-mcp {killed.shim} and djobsd {killed.daemon}."
            " Nothing runs any more.",
            "red",
        )
        self._pause(2 * BEAT_PAUSE_SECONDS)

    def told(self, instructions: str) -> None:
        """Quote what the new agent is told before it asks anything."""
        first = instructions.split(". ")[0][:TOLD_CHARS]
        self._say("it is told at once:", indent=2)
        self._say(safe(first), "cyan", indent=4)
        self._pause(BEAT_PAUSE_SECONDS)

    def found(self, unfinished: int) -> None:
        """Say what is left."""
        self._say(f"resume_session: {plural(unfinished, 'task')} unfinished", indent=2)
        self._pause(BEAT_PAUSE_SECONDS)

    def _line(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()

    def _say(self, sentence: str, style: str = "", indent: int = 0) -> None:
        width = self._screen.width and self._screen.width - indent
        for line in wrap(sentence, width):
            self._line(" " * indent + self._screen.paint(line, style))

    def _name(self, file: str) -> str:
        room = (self._screen.width or sys.maxsize) - BESIDE_FILE_COLUMNS
        columns = max(FLEXIBLE_COLUMNS_MIN, min(FILE_COLUMNS, room))
        shown = cut(safe(file), columns)
        return shown + " " * (columns - display_width(shown))

    def _pause(self, seconds: float) -> None:
        if self._paced:
            time.sleep(seconds)
