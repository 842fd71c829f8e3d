"""For platforms that tell nobody about changes."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import anyio

POLL_SECONDS: Final = 1.0


class PollWatcher:
    """Says ``changed`` once a second."""

    def watch(self, folders: Sequence[str], names: AbstractSet[str]) -> None:
        """Accept any folders: every look is at all of them."""

    def watch_once(self, files: Sequence[str]) -> None:
        """Accept any files, likewise."""

    async def changed(self) -> None:
        """Return after ``POLL_SECONDS``."""
        await anyio.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Nothing to release."""
