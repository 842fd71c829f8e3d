"""Whole lives of jobs: enqueued, claimed, completed; where it was asked for beside the peer."""

import os
import tempfile
from contextlib import ExitStack
from typing import Final

from djobsctl.bench.bench import Bench
from djobsctl.bench.claims import CLIENTS, SMALL, fill, fleet_of
from djobsctl.bench.fleet import Fleet
from djobsctl.bench.home import BenchHome
from djobsctl.bench.peer_install import peer_environ
from djobsctl.bench.row import Row, Target
from djobsctl.bench.spread import median

BACKLOG: Final = 1_000
STEPS: Final = 3
PEER: Final = "djobs 0.22.0: as many processes on one file, no sync, no socket"
FASTER = Target("ratio", 3.0, at_least=True)
SOONER = Target("ratio", 0.05)


def measure(bench: Bench) -> list[Row]:
    """Sixteen clients, each leading one job after another through its life."""
    rates: dict[str, list[float]] = {"ours": [], "theirs": []}
    worst: dict[str, list[float]] = {"ours": [], "theirs": []}
    with ExitStack() as stack:
        home = stack.enter_context(BenchHome())
        home.start_daemon()
        ours = stack.enter_context(fleet_of(home, SMALL, CLIENTS))
        fill(stack.enter_context(fleet_of(home, SMALL, 1)), BACKLOG)
        fleets = {"ours": ours}
        if bench.peer is not None:
            fleets["theirs"] = _peer_fleet(bench.peer.python, stack)
        for _ in range(bench.effort.rounds):
            for who, fleet in fleets.items():
                each = max(1, bench.effort.jobs // CLIENTS // STEPS)
                done = fleet.run({"lives": each}, prepared=False)
                rates[who].append(STEPS * each * CLIENTS / done.seconds)
                worst[who].append(max(done.us) / 1000)
    return _rows(rates, worst)


def _rows(rates: dict[str, list[float]], worst: dict[str, list[float]]) -> list[Row]:
    title = f"enqueue, claim and complete, {CLIENTS} clients"
    theirs = (median(rates["theirs"]), max(worst["theirs"])) if rates["theirs"] else (None, None)
    return [
        Row(title, median(rates["ours"]), "/s", theirs[0], PEER, FASTER),
        Row(f"{title}, the worst answer", max(worst["ours"]), "ms", theirs[1], PEER, SOONER),
    ]


def _peer_fleet(python: str, stack: ExitStack) -> Fleet:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="djb"))
    arguments = [[os.path.join(folder, "peer.db")]] * CLIENTS
    fleet = Fleet("peer_load", arguments, peer_environ(folder), (python, "-I"))
    stack.enter_context(fleet)
    fleet.loads[0].say({"requests": BACKLOG})
    fleet.loads[0].hear()
    return fleet
