"""Policies: what types of jobs get by default."""

from typing import TypeVar

from djobs_protocol.replies import TypeList
from djobs_protocol.requests import ListTypes, Request, SetType
from djobs_protocol.values import ManagedBy, Retry

R = TypeVar("R")


class Keeping:
    """Methods of ``Client`` for whoever says how jobs are treated."""

    async def call(self, request: Request, reply: type[R]) -> R:
        """Send any request of the protocol and return its reply."""
        raise NotImplementedError

    async def set_type_defaults(
        self,
        kind: str,
        *,
        priority: int | None = None,
        max_attempts: int | None = None,
        lease_seconds: float | None = None,
        managed_by: ManagedBy | None = None,
        retry: Retry | None = None,
        reset: bool = False,
    ) -> TypeList:
        """Say what jobs of a type get from now on where they do not say it themselves.

        What is left out stays, unless ``reset`` forgets all that was said before.
        """
        request = SetType(
            type=kind,
            priority=priority,
            max_attempts=max_attempts,
            lease_seconds=lease_seconds,
            managed_by=managed_by,
            retry=retry,
            reset=reset,
        )
        return await self.call(request, TypeList)

    async def type_defaults(self) -> TypeList:
        """Return the types that have defaults."""
        return await self.call(ListTypes(), TypeList)
