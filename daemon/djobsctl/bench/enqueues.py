"""Enqueues over the socket, fsync on, against SQLite by itself with the same statements."""

import os
import secrets
import tempfile
from contextlib import ExitStack
from typing import Final, NamedTuple

from djobsctl.bench.bench import Bench
from djobsctl.bench.effort import Effort
from djobsctl.bench.fleet import Fleet, Round
from djobsctl.bench.home import BenchHome
from djobsctl.bench.peer_install import peer_environ
from djobsctl.bench.raw_sqlite import RAW_BATCHES, RAW_ONES, RawSqlite
from djobsctl.bench.row import Row, Target
from djobsctl.bench.spread import median

CLIENTS: Final = 16
BATCH: Final = 500
ALONE = Target("ratio", 0.4, at_least=True)
TOGETHER = Target("ratio", 1.0, at_least=True)
WORST = Target("value", 100.0)
IN_BATCHES = Target("ratio", 0.6, at_least=True)


class Rates(NamedTuple):
    """Jobs per second, and the worst answer in milliseconds, round by round."""

    ones: list[float]
    batches: list[float]
    alone: list[float]
    together: list[float]
    batched: list[float]
    worst: list[float]


def measure(bench: Bench) -> list[Row]:
    """One client, sixteen clients, batches; each round beside a round of the baseline."""
    rates = Rates([], [], [], [], [], [])
    peers = Rates([], [], [], [], [], [])
    with ExitStack() as stack:
        home = stack.enter_context(BenchHome())
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="djb", dir=_beside(home)))
        home.start_daemon()
        clients = {1: _clients(home, 1), CLIENTS: _clients(home, CLIENTS)}
        fleets = {count: stack.enter_context(fleet) for count, fleet in clients.items()}
        theirs = _peer_fleets(bench, folder, stack)
        effort = bench.effort
        sizes = (effort.jobs // 2, effort.batches, BATCH, effort.rounds)
        raw = stack.enter_context(RawSqlite(folder, *sizes))
        for _ in range(effort.rounds):
            _round(effort, raw, fleets, rates)
            _peer_round(effort, theirs, peers)
    return _rows(rates, peers)


def _round(effort: Effort, raw: RawSqlite, fleets: dict[int, Fleet], rates: Rates) -> None:
    ones = effort.jobs // 2
    rates.ones.append(ones / raw.seconds("ones"))
    rates.alone.append(_rate(_enqueue(fleets[1], ones, 1)))
    crowd = _enqueue(fleets[CLIENTS], effort.jobs // CLIENTS, 1)
    rates.together.append(_rate(crowd))
    rates.worst.append(max(crowd.us) / 1000)
    rates.batches.append(effort.batches * BATCH / raw.seconds("batches"))
    rates.batched.append(_rate(_enqueue(fleets[1], effort.batches, BATCH)) * BATCH)


def _peer_round(effort: Effort, fleets: dict[int, Fleet], rates: Rates) -> None:
    if fleets:
        one = {"requests": effort.jobs // 2}
        rates.alone.append(_rate(fleets[1].run(one, prepared=False)))
        crowd = fleets[CLIENTS].run({"requests": effort.jobs // CLIENTS}, prepared=False)
        rates.together.append(_rate(crowd))
        rates.worst.append(max(crowd.us) / 1000)


def _rows(rates: Rates, peers: Rates) -> list[Row]:
    ones, batches = median(rates.ones), median(rates.batches)
    crowd = f"enqueue, {CLIENTS} clients"
    return [
        Row(
            "enqueue, 1 client, one at a time",
            median(rates.alone),
            "/s",
            ones,
            RAW_ONES,
            ALONE,
            _known(peers.alone),
        ),
        Row(crowd, median(rates.together), "/s", ones, RAW_ONES, TOGETHER, _known(peers.together)),
        Row(
            f"{crowd}, the worst answer",
            median(rates.worst),
            "ms",
            target=WORST,
            peer=_known(peers.worst),
        ),
        Row(
            f"enqueue in batches of {BATCH}",
            median(rates.batched),
            "/s",
            batches,
            RAW_BATCHES,
            IN_BATCHES,
        ),
    ]


def _known(values: list[float]) -> float | None:
    return median(values) if values else None


def _peer_fleets(bench: Bench, folder: str, stack: ExitStack) -> dict[int, Fleet]:
    """Return the peer's programs: it has no daemon, each writes the database itself."""
    if bench.peer is None:
        return {}
    fleets = {}
    for count in (1, CLIENTS):
        own = os.path.join(folder, f"peer-{count}")
        os.mkdir(own)
        arguments = [[os.path.join(own, "peer.db")]] * count
        interpreter = (bench.peer.python, "-I")
        fleet = Fleet("peer_load", arguments, peer_environ(own), interpreter)
        fleets[count] = stack.enter_context(fleet)
    return fleets


def _beside(home: BenchHome) -> str:
    return os.path.dirname(home.path)  # the same file system, so the same fsync


def _clients(home: BenchHome, count: int) -> Fleet:
    sessions = [[home.socket, f"bench-{secrets.token_hex(8)}"] for _ in range(count)]
    return Fleet("rpc_load", sessions, home.environ)


def _enqueue(fleet: Fleet, requests: int, batch: int) -> Round:
    return fleet.run({"requests": requests, "batch": batch})


def _rate(done: Round) -> float:
    return len(done.us) / done.seconds
