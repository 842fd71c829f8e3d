"""Holds a daemon at a failpoint for exactly as long as a test wants.

``DJOBS_FP=f"store.commit=gate:{gate}"`` makes the daemon wait there while the gate is shut.
"""

from pathlib import Path
from typing import Self

from tests.harness.waiting import wait_until


class Gate:
    """A file that a failpoint waits for; shut until it is opened. As a context, open at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reached = path.with_name(path.name + ".reached")

    def __str__(self) -> str:
        return str(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open()

    def open(self) -> None:
        """Let everybody pass who waits, and everybody who comes."""
        self._path.touch(mode=0o600)

    def shut(self) -> None:
        """Make everybody wait who comes from now on."""
        self._reached.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)

    def wait_reached(self) -> None:
        """Wait until somebody waits at the gate."""
        wait_until(self._reached.exists, f"somebody waits at {self._path.name}")
