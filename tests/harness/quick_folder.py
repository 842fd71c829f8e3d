"""A folder for ledgers whose promise does not depend on a disk.

What a killed process leaves behind is the same in memory as on a disk; what a disk keeps through a
power cut no test here can show. Syncing costs half of the time of a test that does little else.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_MEMORY = "/dev/shm"


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Yield a folder in memory where the system has one, else below /tmp; remove it afterwards."""
    base = IN_MEMORY if os.access(IN_MEMORY, os.W_OK | os.X_OK) else "/tmp"
    with tempfile.TemporaryDirectory(prefix="dj", dir=base) as name:
        yield Path(name)
