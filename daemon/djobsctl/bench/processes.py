"""What the kernel says about a process. Linux."""

import os
import re
from pathlib import Path
from typing import NamedTuple

_KIB = 1024
_MEGABYTE = 1_000_000


class Memory(NamedTuple):
    """Megabytes (10^6 bytes)."""

    rss: float
    pss: float
    peak: float
    """The most it ever had resident (VmHWM)."""


def memory_of(pid: int) -> Memory:
    """Return what a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    return Memory(_field(status, "VmRSS"), _field(rollup, "Pss"), _field(status, "VmHWM"))


def _field(text: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None, name
    return int(found[1]) * _KIB / _MEGABYTE


def children(pid: int, name: str) -> list[int]:
    """Return the children of a process whose command line holds ``name``."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        listed = Path(f"/proc/{pid}/task/{task}/children").read_text("ascii").split()
        found += [int(child) for child in listed if name in _command_line(int(child))]
    return found


def _command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


class Activity(NamedTuple):
    """How often a process gave up the processor by itself, and how long it had it."""

    wakeups: int
    """Voluntary context switches of all threads: each is one wait that ended."""
    cpu_ticks: int


def activity_of(pid: int) -> Activity:
    """Return the counters of all threads of a process, since their start."""
    wakeups = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        status = Path(f"/proc/{pid}/task/{task}/status").read_text("ascii")
        found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)
        assert found is not None
        wakeups += int(found[1])
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return Activity(wakeups, int(fields[11]) + int(fields[12]))


def stalled_share() -> float:
    """Return how much of the last 10 s some process waited for a processor, percent."""
    try:
        text = Path("/proc/pressure/cpu").read_text("ascii")
    except OSError:
        return 0.0
    found = re.search(r"some avg10=([\d.]+)", text)
    return float(found[1]) if found else 0.0
