"""What keeps a part of the daemon from its work, and how it goes on trying."""

import logging
from collections.abc import Callable
from typing import Final

import anyio

from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Actor, Done
from djobs_protocol.errors import DjobsError

log = logging.getLogger(__name__)

REST_SECONDS: Final = 5.0
"""After a machine that would not start a runner, or a disk that refused."""


class Trouble:
    """One entry among the daemon's ``problems``, there until something goes well."""

    def __init__(self, store: Store, problems: dict[str, str], name: str) -> None:
        self._store = store
        self._problems = problems
        self._name = name

    @property
    def text(self) -> str | None:
        """What is wrong; None when nothing is."""
        return self._problems.get(self._name)

    def went_wrong(self, what: str) -> None:
        """Note what a person has to see to."""
        self._problems[self._name] = what

    def went_well(self) -> None:
        """Note that the machine, or the disk, does its work again."""
        self._problems.pop(self._name, None)

    async def rest(self, what: str, why: str) -> None:
        """Say what went wrong, and give it time."""
        log.warning("%s.", what, extra={"reason": why})
        self.went_wrong(f"{what}: {why}")
        await anyio.sleep(REST_SECONDS)

    async def until_written(
        self, actor: Actor, work: Callable[[Ledger], Done], failure: str
    ) -> None:
        """Write, however long the disk refuses; ``failure`` says what is not written meanwhile."""
        while True:
            try:
                await self._store.write(actor, work)
            except DjobsError as error:
                await self.rest(failure, error.message)
            else:
                self.went_well()
                return
