"""The one way a test waits for something that no event announces: often, and not for ever."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 20.0
"""No wait of a test is longer, however loaded the machine is."""
LOOK_AGAIN_SECONDS = 0.01


def wait_until(
    condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS
) -> None:
    """Return as soon as ``condition`` holds; fail naming ``what`` at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(LOOK_AGAIN_SECONDS)
