"""A session's requests that have no answer yet. Knows ids and bounds, not what is asked."""

from collections.abc import Iterator
from typing import NamedTuple

import anyio

from djobs_protocol.limits import REQUESTS_IN_FLIGHT_MAX


class Pending(NamedTuple):
    """A request that is being answered."""

    number: int
    """Of its line."""
    muted: bool
    """The client has the answer already; the SDK's own is dropped."""
    bounded: bool
    """Counts against REQUESTS_IN_FLIGHT_MAX; a subscription does not, as it never ends."""
    scope: anyio.CancelScope | None = None
    """Cancels a direct call; the SDK cancels its own."""
    held_bytes: int = 0
    """What it occupies while it waits for something before its turn; 0 once it has its place."""


class Unanswered:
    """Requests by id, each from ``admit`` or ``mute`` to ``settle``."""

    def __init__(self) -> None:
        self._pending: dict[int | str, Pending] = {}
        self._places = anyio.Semaphore(REQUESTS_IN_FLIGHT_MAX, fast_acquire=True)
        self._settled = anyio.Event()

    def __contains__(self, request_id: int | str) -> bool:
        return request_id in self._pending

    def get(self, request_id: int | str) -> Pending | None:
        """Return a request that has no answer yet."""
        return self._pending.get(request_id)

    @property
    def subscriptions(self) -> int:
        """How many of them never end."""
        return sum(not each.bounded for each in self._pending.values())

    async def admit(self, request_id: int | str, pending: Pending) -> None:
        """Take a request on the books; waits while REQUESTS_IN_FLIGHT_MAX others are."""
        if pending.bounded and not pending.held_bytes:
            await self._places.acquire()
        self._pending[request_id] = pending

    async def take_turn(self, request_id: int | str) -> None:
        """Give a request that was held its place among REQUESTS_IN_FLIGHT_MAX."""
        pending = self._pending.get(request_id)
        if pending is None or not pending.held_bytes:
            return
        await self._places.acquire()
        if self._pending.get(request_id) is pending:
            self._pending[request_id] = pending._replace(held_bytes=0)
        else:
            self._places.release()

    @property
    def held_bytes(self) -> int:
        """What all requests occupy that wait before their turn."""
        return sum(each.held_bytes for each in self._pending.values())

    def mute(self, request_id: int | str, number: int) -> None:
        """Have the SDK's answer to a replayed request of the opening dropped."""
        self._pending.setdefault(request_id, Pending(number, muted=True, bounded=False))

    def settle(self, request_id: int | str) -> Pending | None:
        """Take a request off the books: answered, or cancelled by the client."""
        pending = self._pending.pop(request_id, None)
        if pending is not None and pending.bounded and not pending.held_bytes:
            self._places.release()
        if not self._any_bounded:
            self._settled.set()
        return pending

    def settle_forwarded(self) -> Iterator[tuple[int | str, Pending]]:
        """Take every request that the SDK has off the books."""
        for request_id, pending in list(self._pending.items()):
            if pending.scope is None:
                self.settle(request_id)
                yield request_id, pending

    async def wait_settled(self) -> None:
        """Return when nothing but subscriptions is left."""
        while self._any_bounded:
            self._settled = anyio.Event()
            await self._settled.wait()

    @property
    def _any_bounded(self) -> bool:
        return any(each.bounded for each in self._pending.values())
