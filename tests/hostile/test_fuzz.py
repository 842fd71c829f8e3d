"""Random and nearly right lines, before and after the hello, on both kinds of connection."""

import contextlib
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness.daemon import DaemonHome
from tests.harness.editor import MODERN
from tests.hostile.peer import Closed, Peer

FUZZ = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
METHODS = [
    "hello",
    "job.enqueue",
    "job.complete",
    "job.list",
    "session.resume",
    "audit.query",
    "daemon.health",
    "initialize",
    "tools/call",
    "tools/list",
    "ping",
    "server/discover",
    "subscriptions/listen",
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/progress",
    "logging/setLevel",
]
TOOLS = ["enqueue_task", "complete_task", "resume_session", "list_tasks", "audit_log", "no_tool"]


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """Return a request in which anything may be of the wrong type."""
    message: dict[str, Any] = {
        "jsonrpc": draw(st.sampled_from(["2.0", "1.0", 2]) | scalars),
        "id": draw(st.integers(0, 5) | scalars),
        "method": draw(st.sampled_from(METHODS) | scalars),
        "params": draw(values | tool_params() | st.builds(dict, _meta=values | envelope())),
        "link": draw(scalars),
    }
    for missing in draw(st.sets(st.sampled_from(sorted(message)))):
        del message[missing]
    return json.dumps(message).encode()


def tool_params() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"name": st.sampled_from(TOOLS) | scalars, "arguments": values},
        optional={"_meta": envelope(), "inputResponses": values},
    )


def envelope() -> st.SearchStrategy[dict[str, Any]]:
    key = "io.modelcontextprotocol/"
    return st.fixed_dictionaries(
        {
            key + "protocolVersion": st.just(MODERN) | scalars,
            key + "clientCapabilities": st.just({}) | values,
        }
    )


lines = nearly_right() | st.binary(max_size=300) | values.map(lambda v: json.dumps(v).encode())


def talk(peer: Peer, said: list[bytes]) -> None:
    """Say it all, hang up the sending half, and hear the daemon out."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for line in said:
            peer.write(line + b"\n")
        peer.socket.shutdown(1)
    peer.wait_closed()


@FUZZ
@given(said=st.lists(lines, min_size=1, max_size=6))
def test_whatever_comes_instead_of_a_hello(daemon: DaemonHome, said: list[bytes]) -> None:
    with Peer(daemon) as peer:
        talk(peer, said)


@FUZZ
@given(said=st.lists(lines, min_size=1, max_size=6))
def test_whatever_a_program_says(daemon: DaemonHome, said: list[bytes]) -> None:
    with Peer(daemon) as peer:
        peer.greet()
        talk(peer, said)


@FUZZ
@given(said=st.lists(lines, min_size=1, max_size=6))
def test_whatever_a_shim_says(daemon: DaemonHome, said: list[bytes]) -> None:
    with Peer(daemon) as peer:
        peer.attach()
        talk(peer, said)


@FUZZ
@given(
    hello=st.fixed_dictionaries(
        {"link": st.just(1) | scalars},
        optional={
            "session": st.just("0" * 32) | scalars,
            "next": st.integers(-1, 5) | scalars,
            "seqs": st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1))) | values,
            "resume": scalars,
            "cwd": scalars,
            "args": values,
            "env": values,
            "last": values,
        },
    ),
    said=st.lists(lines, max_size=3),
)
def test_whatever_hello_a_shim_says(
    daemon: DaemonHome, hello: dict[str, Any], said: list[bytes]
) -> None:
    with Peer(daemon) as peer:
        talk(peer, [json.dumps(hello).encode(), *said])


def test_garbage_after_the_hello_leaves_the_next_request_unharmed(daemon: DaemonHome) -> None:
    with Peer(daemon) as peer:
        peer.greet()
        peer.write(b"\xff\xfe garbage\n{}\n[1,2]\n")
        assert [peer.code() for _ in range(3)] == ["parse_error"] + ["invalid_request"] * 2
        assert peer.ask("daemon.health")["result"]["status"] == "ok"


def test_a_peer_that_hangs_up_at_once_is_no_fault(daemon: DaemonHome) -> None:
    for _ in range(20):
        with Peer(daemon) as peer:
            peer.write(b'{"jsonrpc"')
    with contextlib.suppress(Closed), Peer(daemon) as peer:
        peer.greet()
