"""What the figures were measured on, and how quiet it was."""

import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from djobsctl.bench.processes import stalled_share
from djobsctl.bench.spread import median

SYNCS: Final = 50
SYNCED_BYTES: Final = 12 * 1024
STALLED_PERCENT_MAX: Final = 10.0
"""Above this, absolute figures say more about the neighbours than about djobs."""


def describe() -> dict[str, Any]:
    """Return the machine as a document; takes a fraction of a second."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "fsync_ms": round(_fsync_ms(), 3),
        "stalled_percent": stalled_share(),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _fsync_ms() -> float:
    """Return what this file system takes to make a commit's worth of bytes durable."""
    taken = []
    with tempfile.TemporaryFile(dir="/tmp") as file:
        for _ in range(SYNCS):
            file.write(b"x" * SYNCED_BYTES)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1e3)
    return median(taken)
