"""Tells the story while it happens: one line per beat, at a pace that a person can follow."""

import time
from typing import Final, TextIO

from djobsctl.demo.files import Found
from djobsctl.demo.home import Killed
from djobsctl.present.screen import Screen
from djobsctl.present.table import cut
from djobsctl.present.text import plural, safe

FILE_PAUSE_SECONDS: Final = 0.1
BEAT_PAUSE_SECONDS: Final = 0.6
"""Only on a terminal: a pipe is not impressed."""
FILE_COLUMNS: Final = 28
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
        self._line(self._screen.paint("An agent's work survives the death of everything.", "bold"))
        self._line(f"  Files: {some} of {safe(found.root)} (they are only read)")
        self._line(f"  Home:  {home}, a private one; your own jobs are not touched")

    def session(self, number: int, agent_pid: int) -> None:
        """Begin a session."""
        self._line("")
        who = "an agent starts" if number == 1 else "another agent, everything cold"
        self._line(self._screen.paint(f"Session {number}: {who} (pid {agent_pid})", "bold"))
        self._line(self._dim("  loading the MCP client library, about a second ..."))

    def connected(self) -> None:
        """Say that the agent speaks MCP with djobs."""
        self._line("  connected through djobs-mcp")

    def recorded(self, count: int) -> None:
        """Say that everything to do is on disk."""
        self._line(f"  enqueue_task: {plural(count, 'task')} recorded, one per file, in one call")
        self._pause(BEAT_PAUSE_SECONDS)

    def done(self, file: str, evidence: str) -> None:
        """Say that one task is done."""
        mark = self._screen.paint("✓", "green")
        self._line(f"  {mark} {cut(safe(file), FILE_COLUMNS).ljust(FILE_COLUMNS)}  {evidence}")
        self._pause(FILE_PAUSE_SECONDS)

    def killed(self, killed: Killed, in_flight: str) -> None:
        """Say what has just died, and in the middle of what."""
        cross = self._screen.paint("✗", "red")
        self._line(f"  {cross} {cut(safe(in_flight), FILE_COLUMNS)}: its report is under way ...")
        self._line("")
        kill = self._screen.paint("SIGKILL", "red")
        self._line(
            f"{kill} to agent {killed.agent}, djobs-mcp {killed.shim} and djobsd {killed.daemon}."
            " Nothing runs any more."
        )
        self._pause(2 * BEAT_PAUSE_SECONDS)

    def told(self, instructions: str) -> None:
        """Quote what the new agent is told before it asks anything."""
        first = instructions.split(". ")[0][:TOLD_CHARS]
        self._line(f"  it is told at once: {self._screen.paint(safe(first), 'cyan')}")
        self._pause(BEAT_PAUSE_SECONDS)

    def found(self, unfinished: int) -> None:
        """Say what is left."""
        self._line(f"  resume_session: {plural(unfinished, 'task')} unfinished")
        self._pause(BEAT_PAUSE_SECONDS)

    def _line(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()

    def _dim(self, text: str) -> str:
        return self._screen.paint(text, "dim")

    def _pause(self, seconds: float) -> None:
        if self._paced:
            time.sleep(seconds)
