"""``endpoint.json``: what this daemon tells clients and ``status`` when they cannot ask it.

A hint only. It may be garbage at any time, and nobody is ever signalled because of it alone.
"""

from contextlib import suppress
from typing import Any

from djobs_local.records import read_record, remove_record, write_record


class EndpointRecord:
    """The record of one instance, as last written."""

    def __init__(self, path: str, contents: dict[str, Any]) -> None:
        self.path = path
        self.contents = contents

    def write(self) -> None:
        """Write it, atomically and durably; ``OSError`` when that fails."""
        write_record(self.path, self.contents)

    def enter(self, phase: str) -> None:
        """Write it with another phase: ``starting``, ``serving``, ``draining``."""
        self.contents = {**self.contents, "phase": phase}
        self.write()

    def is_intact(self) -> bool:
        """Say whether the file holds what was last written."""
        return read_record(self.path) == self.contents

    def remove(self) -> None:
        """Remove the file if it is this instance's own; a successor's stays.

        One that cannot be removed stays too: it is a hint, and the free lock tells more.
        """
        found = read_record(self.path)
        if found is not None and found.get("instance") == self.contents["instance"]:
            with suppress(OSError):
                remove_record(self.path)
