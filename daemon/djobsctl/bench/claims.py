"""Claims: their cost whatever else is there, how many are done in a second, how soon one wakes."""

import os
import secrets
import tempfile
from contextlib import ExitStack
from typing import Any, Final

from djobsctl.bench.bench import Bench
from djobsctl.bench.fleet import Fleet
from djobsctl.bench.home import BenchHome
from djobsctl.bench.raw_sqlite import RAW_ONES, RawSqlite
from djobsctl.bench.row import Row, Target
from djobsctl.bench.spread import median, percentile

CLIENTS: Final = 16
FEW: Final = 1_000
"""Jobs that may start, of the small backlog."""
FILL_STEP: Final = 20_000
FAR: Final = "2100-01-01T00:00:00Z"
FLAT = Target("ratio", 1.5)
STEADY = Target("ratio", 0.67, at_least=True)
DONE = Target("ratio", 0.44, at_least=True)
"""2,000 in a second on the machine of the design, where SQLite alone makes 4,500 durable
transactions. A pair is two of them, each with more rows and more looks than an enqueue."""
AWAKE = Target("value", 5.0)
BESIDE_FEW: Final = f"the same with {FEW:,} pending and nothing else"
BESIDE_ENQUEUE: Final = "the enqueue that wakes it, until its own answer"

SMALL: Final = "/bench/small"
LARGE: Final = "/bench/large"
ASIDE: Final = {
    "blocked": "/bench/blocked",
    "scheduled": "/bench/scheduled",
    "of other types": "/bench/types",
}


def measure(bench: Bench) -> list[Row]:
    """Claim from a small database and from a large one, round after round."""
    with ExitStack() as stack:
        small, large = (stack.enter_context(BenchHome()) for _ in range(2))
        for home in (small, large):
            home.start_daemon()
        alone = {SMALL: stack.enter_context(fleet_of(small, SMALL, 1))}
        for place in (LARGE, *ASIDE.values()):
            alone[place] = stack.enter_context(fleet_of(large, place, 1))
        crowds = {
            place: stack.enter_context(fleet_of(home, place, CLIENTS))
            for place, home in ((SMALL, small), (LARGE, large))
        }
        fill(alone[LARGE], bench.effort.backlog)
        for kind, place in ASIDE.items():
            _put_aside(alone[place], kind, bench.effort.aside)
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=os.path.dirname(small.path)))
        ones = bench.effort.jobs // 2
        raw = stack.enter_context(RawSqlite(folder, ones, 1, 1, bench.effort.rounds))
        alone_rates = []
        claims: dict[str, list[float]] = {place: [] for place in alone}
        rates: dict[str, list[float]] = {place: [] for place in crowds}
        for _ in range(bench.effort.rounds):
            alone_rates.append(ones / raw.seconds("ones"))
            _round(bench, alone, crowds, claims, rates)
    claimed = {place: median(each) for place, each in claims.items()}
    done = {place: median(each) for place, each in rates.items()}
    return _rows(bench, claimed, done, median(alone_rates))


def _round(
    bench: Bench,
    alone: dict[str, Fleet],
    crowds: dict[str, Fleet],
    claims: dict[str, list[float]],
    rates: dict[str, list[float]],
) -> None:
    for place, fleet in alone.items():
        if place != LARGE:
            fill(fleet, FEW if not claims[place] else bench.effort.calls)
        done = fleet.run({"claims": bench.effort.calls}, prepared=False)
        claims[place].append(median(done.us) / 1000)
    for place, fleet in crowds.items():
        each = bench.effort.jobs // CLIENTS
        fill(alone[place], each * CLIENTS)
        done = fleet.run({"claims": each}, prepared=False)
        rates[place].append(each * CLIENTS / done.seconds)


def _rows(bench: Bench, claims: dict[str, float], rates: dict[str, float], raw: float) -> list[Row]:
    few = claims[SMALL]
    title, unit = "claim, 1 client", "ms"
    many = f"{bench.effort.backlog:,} pending"
    rows = [Row(f"{title}: {many}", claims[LARGE], unit, few, BESIDE_FEW, FLAT)]
    for kind, place in ASIDE.items():
        name = f"{title}: {FEW:,} beside {bench.effort.aside:,} {kind}"
        rows.append(Row(name, claims[place], unit, few, BESIDE_FEW, FLAT))
    done = f"claim and complete, {CLIENTS} clients"
    return [
        *rows,
        Row(f"{done}: {many}", rates[LARGE], "/s", rates[SMALL], BESIDE_FEW, STEADY),
        Row(done, rates[LARGE], "/s", raw, RAW_ONES, DONE),
    ]


def measure_wakes(bench: Bench) -> list[Row]:
    """From a job's submission to the answer of the claim that waited for it."""
    with BenchHome() as home:
        home.start_daemon()
        with fleet_of(home, SMALL, 1) as fleet:
            order = {"wakes": bench.effort.calls}
            done = [fleet.run(order, prepared=False) for _ in range(bench.effort.rounds)]
    wakes = sorted(us / 1000 for each in done for us in each.us)
    enqueues = sorted(us / 1000 for each in done for us in each.more)
    return [
        Row(
            f"submit to a waiting claim's answer p{share * 100:.0f}",
            percentile(wakes, share),
            "ms",
            percentile(enqueues, share),
            BESIDE_ENQUEUE,
            AWAKE,
        )
        for share in (0.50, 0.99)
    ]


def fleet_of(home: BenchHome, place: str, count: int) -> Fleet:
    """Return clients of one workspace."""
    arguments = [[home.socket, f"bench-{secrets.token_hex(8)}", place] for _ in range(count)]
    return Fleet("rpc_load", arguments, home.environ)


def fill(fleet: Fleet, jobs: int, **like: Any) -> list[dict[str, Any]]:
    """Add to the backlog, untimed."""
    said: list[dict[str, Any]] = []
    for first in range(0, jobs, FILL_STEP):
        said = fleet.tell({"fill": min(FILL_STEP, jobs - first), "like": like})
    return said


def _put_aside(fleet: Fleet, kind: str, jobs: int) -> None:
    """Add jobs that a claim passes over, all of them more urgent than those that it takes."""
    if kind == "scheduled":
        fill(fleet, jobs, priority=1, run_at=FAR)
    elif kind == "blocked":
        (first,) = fill(fleet, 1, run_at=FAR)
        fill(fleet, jobs, priority=1, depends_on=[first["last"]])
    else:
        fill(fleet, jobs, priority=1, type="lint")
