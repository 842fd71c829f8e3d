"""``djobsctl bench``: the benchmarks, which are a package of their own."""

from djobsctl.bench.command import options, render, run

__all__ = ["options", "render", "run"]
