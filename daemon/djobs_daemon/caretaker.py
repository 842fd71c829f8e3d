"""What daily care needs of a store, whatever database is behind it."""

from typing import Protocol

from djobs_protocol.errors import DjobsError


class Caretaker(Protocol):
    """The part of a store that needs care."""

    async def backup(self) -> object:
        """Write a backup and drop the oldest ones."""

    def is_intact(self) -> bool:
        """Say whether the files are those that were opened, none cut or written over (R6)."""

    async def find_damage(self) -> DjobsError | None:
        """Read through what was not read at the start; return what is damaged, if anything."""

    async def cut_history(self, before: int) -> int:
        """Remove the oldest events, those from before a time that no stored job needs."""

    async def maintain(self) -> object:
        """Prune kept answers, let SQLite look at its statistics, give space back."""
