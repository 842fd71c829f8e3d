"""A djobs-mcp whose clock limits are short or whose way to start a daemon is the test's.

Only what would make a test wait for a minute, or start a real daemon, is replaced; the process,
its descriptors and its loop are the real ones.
"""

import sys

from tests.shim.process import MAIN

_BEGIN = f"""
import os, sys, time
sys.path += [{str(MAIN.parents[1])!r}, {str(MAIN.parents[2] / "protocol")!r}]
from djobs_shim import backoff, loop, patience, relay, starting
from djobs_protocol.errors import DjobsError, ErrorCode
import djobs_local.start
"""

NO_START = """
def start(state, deadline_seconds, who, terms):
    os.write(2, b"start\\n")
    raise DjobsError(ErrorCode.START_FAILED, "It would not start.")
djobs_local.start.ensure_running = start
"""
"""Starting fails; each attempt is one line on stderr."""

NO_START_POSSIBLE = """
def start(state, deadline_seconds, who, terms):
    raise AssertionError("this shim must not start a daemon")
djobs_local.start.ensure_running = start
"""

SLOW_START = """
def start(state, deadline_seconds, who, terms):
    os.write(2, b"start\\n")
    time.sleep(30)
djobs_local.start.ensure_running = start
"""


LATE_REFUSAL = """
def start(state, deadline_seconds, who, terms):
    os.write(2, b"start\\n")
    while not os.path.exists(os.path.join(state, "go on")):
        time.sleep(0.005)
    os.write(2, b"refused\\n")
    raise DjobsError(ErrorCode.STOPPED_BY_USER)
djobs_local.start.ensure_running = start
"""
"""Each start waits for a file ``go on`` in the state folder, and then respects a stop."""


def shim(*pieces: str) -> list[str]:
    """Return a command that runs djobs-mcp after executing ``pieces`` of code."""
    return [sys.executable, "-I", "-S", "-c", "\n".join([_BEGIN, *pieces, "relay.main()"])]
