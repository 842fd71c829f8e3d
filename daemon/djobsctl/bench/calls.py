"""Tool calls through the shim, as an agent makes them."""

import tempfile
from contextlib import ExitStack
from typing import Final, NamedTuple

from djobsctl.bench.bench import Bench
from djobsctl.bench.fleet import Fleet
from djobsctl.bench.home import BenchHome
from djobsctl.bench.mcp_load import TOOLS
from djobsctl.bench.peer_install import peer_environ
from djobsctl.bench.row import Row, Target
from djobsctl.bench.spread import median, percentile

AGENTS: Final = 8
MIDDLE: Final = 0.50
TAIL: Final = 0.99
TARGETS: Final = {
    1: (Target("value", 1.5), Target("value", 5.0)),
    AGENTS: (Target("value", 8.0), Target("value", 20.0)),
}
ECHO: Final = "echo through a bare process"
ERAS: Final = ("legacy", "modern")


class Delay(NamedTuple):
    """Milliseconds."""

    middle: float
    tail: float


Delays = dict[str, list[Delay]]


def measure_alone(bench: Bench) -> list[Row]:
    """One agent, each tool by itself."""
    return _measure(bench, 1, TOOLS)


def measure_together(bench: Bench) -> list[Row]:
    """Eight agents at once, each going through the tools in turn."""
    return _measure(bench, AGENTS, ("mixed",))


def _measure(bench: Bench, agents: int, tools: tuple[str, ...]) -> list[Row]:
    ours, peer = _run(bench, agents, tools)
    who = "1 agent" if agents == 1 else f"{agents} agents"
    rows = []
    for era in ERAS:
        for tool in tools:
            rows += _rows(f"{who}, {era}: {tool}", ours, f"{era} {tool}", peer.get(tool), agents)
    return rows


def _rows(title: str, ours: Delays, key: str, peer: list[Delay] | None, agents: int) -> list[Row]:
    rows = []
    for column, target in enumerate(TARGETS[agents]):
        values = [median([delay[column] for delay in each]) for each in (ours[key], ours["echo"])]
        other = None if peer is None else median([delay[column] for delay in peer])
        name = f"{title} p{(50, 99)[column]}"
        rows.append(Row(name, values[0], "ms", values[1], ECHO, target, other))
    return rows


def _run(bench: Bench, agents: int, tools: tuple[str, ...]) -> tuple[Delays, Delays]:
    """Interleave eras, tools, the echo and the peer, round after round."""
    ours: Delays = {"echo": []}
    peer: Delays = {}
    with ExitStack() as stack:
        home = stack.enter_context(BenchHome())
        home.start_daemon()
        fleets = {
            era: stack.enter_context(
                Fleet("mcp_load", [[era, *home.shim()]] * agents, home.environ)
            )
            for era in ERAS
        }
        theirs = _peer_fleet(bench, agents, stack)
        for _ in range(bench.effort.rounds):
            ours["echo"].append(_delay(fleets["legacy"], "echo", bench.effort.calls))
            for tool in tools:
                for era, fleet in fleets.items():
                    delay = _delay(fleet, tool, bench.effort.calls)
                    ours.setdefault(f"{era} {tool}", []).append(delay)
                if theirs is not None:
                    peer.setdefault(tool, []).append(_delay(theirs, tool, bench.effort.calls))
    return ours, peer


def _peer_fleet(bench: Bench, agents: int, stack: ExitStack) -> Fleet | None:
    if bench.peer is None:
        return None
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="djb"))
    command = ["legacy", *bench.peer.server]
    return stack.enter_context(Fleet("mcp_load", [command] * agents, peer_environ(folder)))


def _delay(fleet: Fleet, tool: str, calls: int) -> Delay:
    done = fleet.run({"tool": tool, "calls": calls}, prepared=tool != "echo")
    ms = [us / 1000 for us in done.us]
    return Delay(percentile(ms, MIDDLE), percentile(ms, TAIL))
