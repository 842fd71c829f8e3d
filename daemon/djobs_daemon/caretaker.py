"""What daily care needs of a store, whatever database is behind it."""

from typing import Protocol


class Caretaker(Protocol):
    """The part of a store that needs care."""

    async def backup(self) -> object:
        """Write a backup and drop the oldest ones."""

    async def maintain(self) -> object:
        """Prune kept answers, let SQLite look at its statistics, give space back."""
