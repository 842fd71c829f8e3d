"""When Python looks for garbage: never while modules are imported, and seldom afterwards."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_AFTER_OBJECTS = 20_000
"""A batch of 500 jobs makes thousands of objects that are gone when it is answered; collecting
after every 700 new ones took a tenth of its time and found nothing."""


def pause() -> None:
    """Collect nothing from here on: doing so among imports costs a tenth of them."""
    gc.disable()


def go_on() -> None:
    """Collect again, but never among what exists now: modules live for ever."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
    gc.enable()


@contextmanager
def paused() -> Iterator[None]:
    """Collect nothing while the block imports."""
    pause()
    try:
        yield
    finally:
        go_on()
