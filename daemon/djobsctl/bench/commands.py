"""How long ``djobsctl`` itself takes, against the interpreter it runs on."""

import os
import sys

from djobsctl.bench.bench import Bench
from djobsctl.bench.home import BenchHome
from djobsctl.bench.launching import exit_ms
from djobsctl.bench.row import Row, Target
from djobsctl.bench.spread import median

BARE = [sys.executable, "-c", "pass"]
BARE_TEXT = "bare Python, spawn to exit"
QUICK = Target("ratio", 3.0)


def measure(bench: Bench) -> list[Row]:
    """Run both ways to ask, a daemon being up."""
    kinds = {"--version": ["--version"], "status --json": ["status", "--json"]}
    taken: dict[str, list[float]] = {name: [] for name in ["bare", *kinds]}
    with BenchHome() as home:
        home.start_daemon()
        for _ in range(bench.effort.starts):
            taken["bare"].append(exit_ms(BARE, home.environ))
            for name, words in kinds.items():
                taken[name].append(exit_ms([*_program(), *words], home.environ))
    bare = median(taken["bare"])
    return [
        Row(f"djobsctl {name}", median(taken[name]), "ms", bare, BARE_TEXT, QUICK) for name in kinds
    ]


def _program() -> list[str]:
    """Return the installed script, as a person runs it; else the module."""
    script = os.path.join(os.path.dirname(sys.executable), "djobsctl")
    return [script] if os.access(script, os.X_OK) else [sys.executable, "-m", "djobsctl"]
