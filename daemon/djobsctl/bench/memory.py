"""Memory of one shim, and of everything with eight editors open."""

import tempfile
from typing import NamedTuple

from djobsctl.bench.bench import Bench
from djobsctl.bench.fleet import Fleet
from djobsctl.bench.home import BenchHome
from djobsctl.bench.peer_install import Peer, peer_environ
from djobsctl.bench.processes import Memory, children, memory_of
from djobsctl.bench.row import Row, Target

EDITORS = 8
SHIM = Target("value", 12.0)
ALL = Target("value", 180.0)
WARM_CALLS = 40


class Held(NamedTuple):
    """Megabytes."""

    one: Memory
    """A single server process."""
    all: Memory
    """All of them, the daemon included."""


def measure(bench: Bench) -> list[Row]:
    """Look at all processes after each agent has made a few calls."""
    ours = _ours()
    peer = None if bench.peer is None else _peers(bench.peer)
    return [
        Row("one shim, most it ever held", ours.one.peak, "MB", target=SHIM, peer=_of(peer, "one")),
        Row("one shim, its own share (PSS)", ours.one.pss, "MB"),
        Row(
            f"{EDITORS} shims and the daemon, RSS added up",
            ours.all.rss,
            "MB",
            target=ALL,
            peer=_of(peer, "all"),
        ),
        Row(f"{EDITORS} shims and the daemon, PSS", ours.all.pss, "MB"),
    ]


def _of(held: Held | None, which: str) -> float | None:
    if held is None:
        return None
    return held.one.peak if which == "one" else held.all.rss


def _ours() -> Held:
    with BenchHome() as home:
        home.start_daemon()
        command = ["legacy", *home.shim()]
        with Fleet("mcp_load", [command] * EDITORS, home.environ) as fleet:
            fleet.run({"tool": "mixed", "calls": WARM_CALLS})
            shims = _servers(fleet, "djobs_shim")
            daemon = home.daemon()
            assert daemon is not None
            return _sum(shims, [memory_of(daemon.pid)])


def _peers(peer: Peer) -> Held:
    with tempfile.TemporaryDirectory(prefix="djb") as folder:
        command = ["legacy", *peer.server]
        with Fleet("mcp_load", [command] * EDITORS, peer_environ(folder)) as fleet:
            fleet.run({"tool": "mixed", "calls": WARM_CALLS})
            return _sum(_servers(fleet, "djobs-mcp"), [])


def _servers(fleet: Fleet, name: str) -> list[Memory]:
    pids = [child for load in fleet.loads for child in children(load.pid, name)]
    assert len(pids) == len(fleet.loads)
    return [memory_of(pid) for pid in pids]


def _sum(servers: list[Memory], others: list[Memory]) -> Held:
    every = [*servers, *others]
    whole = Memory(*(sum(column) for column in zip(*every, strict=True)))
    return Held(max(servers, key=lambda each: each.peak), whole)
