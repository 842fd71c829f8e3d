"""Less of what the system gives, for as long as a test says."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def file_bytes_at_most(most: int) -> Iterator[None]:
    """Let no file of this process grow above ``most`` bytes: a write fails as a broken disk's."""
    with _limit(resource.RLIMIT_FSIZE, most):
        yield


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    """Let this process open nothing."""
    lowest_free = os.dup(0)
    os.close(lowest_free)
    with _limit(resource.RLIMIT_NOFILE, lowest_free):
        yield


@contextmanager
def _limit(what: int, soft: int) -> Iterator[None]:
    before = resource.getrlimit(what)
    resource.setrlimit(what, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)
