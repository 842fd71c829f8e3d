"""From the spawn of a shim to its first answers, with a daemon and with none."""

import json
import sys
import tempfile

from djobsctl.bench.bench import Bench
from djobsctl.bench.home import BenchHome
from djobsctl.bench.launching import answer_ms, exit_ms
from djobsctl.bench.mcp_load import CLIENT, LEGACY_VERSION, MODERN_VERSION
from djobsctl.bench.peer_install import peer_environ
from djobsctl.bench.row import Row, Target
from djobsctl.bench.spread import median

BARE = [sys.executable, "-I", "-S", "-c", "pass"]
BARE_TEXT = "bare interpreter, spawn to exit"
WARM = Target("ratio", 2.0)
COLD = Target("value", 350.0)


def _line(number: int | None, method: str, params: dict[str, object]) -> bytes:
    request: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
    if number is not None:
        request["id"] = number
    return json.dumps(request).encode() + b"\n"


_PREFIX = "io.modelcontextprotocol/"
_META: dict[str, object] = {
    _PREFIX + "protocolVersion": MODERN_VERSION,
    _PREFIX + "clientCapabilities": {},
    _PREFIX + "clientInfo": CLIENT,
}
INITIALIZE = _line(
    1,
    "initialize",
    {"protocolVersion": LEGACY_VERSION, "capabilities": {}, "clientInfo": CLIENT},
)
INITIALIZED = _line(None, "notifications/initialized", {})
LIST_TOOLS = _line(2, "tools/list", {})
DISCOVER = _line(1, "server/discover", {"_meta": _META})


def measure_warm(bench: Bench) -> list[Row]:
    """Measure with a daemon that runs already."""
    kinds = {
        "initialize": (INITIALIZE, 1),
        "first tools/list": (INITIALIZE + INITIALIZED + LIST_TOOLS, 2),
        "server/discover (2026-07-28)": (DISCOVER, 1),
    }
    taken: dict[str, list[float]] = {name: [] for name in ["bare", *kinds]}
    with BenchHome() as home:
        home.start_daemon()
        for _ in range(bench.effort.starts):
            taken["bare"].append(exit_ms(BARE, home.environ))
            for name, (lines, answers) in kinds.items():
                taken[name].append(answer_ms(home.shim(), home.environ, lines, answers))
    bare = median(taken["bare"])
    peer = _peer_ms(bench)
    return [
        Row(
            f"daemon up: spawn to {name}",
            median(taken[name]),
            "ms",
            bare,
            BARE_TEXT,
            WARM,
            peer if name == "initialize" else None,
        )
        for name in kinds
    ]


def measure_cold(bench: Bench) -> list[Row]:
    """Measure with nothing running: the shim starts the daemon."""
    bare, first, later = [], [], []
    for _ in range(bench.effort.cold_starts):
        with BenchHome() as home:
            bare.append(exit_ms(BARE, home.environ))
            first.append(answer_ms(home.shim(), home.environ, INITIALIZE))
            home.end_daemon()
            later.append(answer_ms(home.shim(), home.environ, INITIALIZE))
    return [
        Row(
            "nothing running: spawn to initialize",
            median(later),
            "ms",
            median(bare),
            BARE_TEXT,
            COLD,
        ),
        Row(
            "very first start, no database yet", median(first), "ms", median(bare), BARE_TEXT, COLD
        ),
    ]


def _peer_ms(bench: Bench) -> float | None:
    if bench.peer is None:
        return None
    with tempfile.TemporaryDirectory(prefix="djb") as folder:
        environ = peer_environ(folder)
        rounds = range(bench.effort.cold_starts)
        return median([answer_ms(bench.peer.server, environ, INITIALIZE) for _ in rounds])
