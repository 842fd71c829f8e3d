"""The measures, by name, in the order they are run and printed."""

from collections.abc import Callable
from typing import Final

from djobsctl.bench import calls, claims, commands, enqueues, idle, lives, memory, starts, work
from djobsctl.bench.bench import Bench
from djobsctl.bench.row import Row

Measure = Callable[[Bench], list[Row]]

MEASURES: Final[dict[str, Measure]] = {
    "start": starts.measure_warm,
    "cold": starts.measure_cold,
    "memory": memory.measure,
    "calls": calls.measure_alone,
    "crowd": calls.measure_together,
    "enqueue": enqueues.measure,
    "claim": claims.measure,
    "wake": claims.measure_wakes,
    "life": lives.measure,
    "work": work.measure,
    "command": commands.measure,
    "idle": idle.measure,
}
