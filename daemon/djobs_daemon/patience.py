"""Telling the starter that a slow step goes on (R13)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from djobs_local.ready_pipe import ReadyPipe

PROGRESS_SECONDS: Final = 1.0


@contextmanager
def progress(pipe: ReadyPipe, text: str) -> Iterator[None]:
    """Say ``text`` once a second for as long as the block runs.

    From a thread, because a slow step may keep the event loop busy as well.
    """
    done = threading.Event()

    def speak() -> None:
        while not done.wait(PROGRESS_SECONDS):
            pipe.progress(text)

    speaker = threading.Thread(target=speak, name="progress", daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()  # the pipe is not for two threads
