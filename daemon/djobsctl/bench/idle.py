"""An idle daemon does nothing: no thread of it wakes up."""

import time

from djobsctl.bench.bench import Bench
from djobsctl.bench.fleet import Fleet
from djobsctl.bench.home import BenchHome
from djobsctl.bench.processes import activity_of, children
from djobsctl.bench.row import Row, Target

SETTLE_SECONDS = 1.0
NONE = Target("value", 0.0)


def measure(bench: Bench) -> list[Row]:
    """Count waits that end, of a daemon with one agent that says nothing, and of its shim."""
    with BenchHome() as home:
        home.start_daemon()
        with Fleet("mcp_load", [["legacy", *home.shim()]], home.environ) as fleet:
            daemon = home.daemon()
            assert daemon is not None
            (shim,) = children(fleet.loads[0].pid, "djobs_shim")
            time.sleep(SETTLE_SECONDS)
            before = [activity_of(pid) for pid in (daemon.pid, shim)]
            time.sleep(bench.effort.idle_seconds)
            after = [activity_of(pid) for pid in (daemon.pid, shim)]
    title = f"wake-ups in {bench.effort.idle_seconds:g} idle seconds"
    return [
        Row(f"daemon: {title}", _wakeups(before[0], after[0]), "", target=NONE),
        Row(f"shim: {title}", _wakeups(before[1], after[1]), "", target=NONE),
    ]


def _wakeups(before: tuple[int, int], after: tuple[int, int]) -> float:
    return after[0] - before[0]
