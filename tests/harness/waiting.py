"""The one way a test waits for something that no event announces: often, and not for ever."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 20.0
"""No wait of a test is longer, however loaded the machine is."""
LOOK_AGAIN_SECONDS = (0.01, 0.05)
"""At first and at most: looking costs the processor of the one that is waited for."""


def wait_until(
    condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS
) -> None:
    """Return as soon as ``condition`` holds; fail naming ``what`` at the deadline."""
    deadline = time.monotonic() + seconds
    pause, longest = LOOK_AGAIN_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)
        pause = min(1.2 * pause, longest)
