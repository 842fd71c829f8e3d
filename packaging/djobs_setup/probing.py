"""Starting a registered command as a host would, and asking it the first thing a host asks."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

TIMEOUT_SECONDS: Final = 15.0
"""What a patient host waits for a server; a daemon that has to be started takes a second."""
EXIT_STOPPED: Final = 79
"""The shim's status when the daemon was stopped on purpose."""
_ANSWER_BYTES_MAX: Final = 1024 * 1024
_STDERR_CHARS_MAX: Final = 500
_HELLO: Final = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "djobsctl", "version": "1"},
    },
}


@dataclass(frozen=True)
class Probe:
    """How a command answered."""

    seconds: float
    """From the start to the answer, or to giving up."""
    server: str = ""
    """The server's name and version."""
    problem: str = ""
    """A sentence that says why there was no answer; empty when there was one."""
    stopped: bool = False
    """The command is right, but the daemon was stopped on purpose."""

    @property
    def ok(self) -> bool:
        """Whether the command answered."""
        return not self.problem


def probe(
    command: Sequence[str], env: Mapping[str, str], timeout: float = TIMEOUT_SECONDS
) -> Probe:
    """Start ``command`` in exactly ``env`` and return how it answers ``initialize``.

    Never raises, never takes longer than ``timeout`` and a second. The process is gone when this
    returns; a daemon that it started stays, as it does after any session.
    """
    if not command:
        return Probe(0.0, problem="There is no command.")
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            list(command),
            env=dict(env),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Probe(0.0, problem=f"{command[0]}: {reason}.")
    try:
        answer = _ask(process, began + timeout)
    finally:
        _end(process)
    return _judge(process, answer, time.monotonic() - began, timeout)


def _ask(process: "subprocess.Popen[bytes]", deadline: float) -> bytes:
    """Return the first line, or what there is of it at the end of the process or the time."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):  # it has ended; what it said is read below
        process.stdin.write(json.dumps(_HELLO).encode() + b"\n")
        process.stdin.flush()
    answer = b""
    fd = process.stdout.fileno()
    while b"\n" not in answer and len(answer) < _ANSWER_BYTES_MAX:
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        more = os.read(fd, 65536) if ready else b""
        if not more:
            break
        answer += more
    return answer


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Let the process end by itself, as a host does, then make it."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _judge(
    process: "subprocess.Popen[bytes]", answer: bytes, seconds: float, timeout: float
) -> Probe:
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    os.set_blocking(process.stderr.fileno(), False)  # a stranger may have inherited it
    said = (process.stderr.read() or b"").decode(errors="replace").strip()[-_STDERR_CHARS_MAX:]
    process.stderr.close()
    server = _server(answer)
    if server:
        return Probe(seconds, server)
    last = said.splitlines()[-1] if said else ""
    if process.returncode == EXIT_STOPPED:
        return Probe(seconds, problem=last or "The daemon was stopped on purpose.", stopped=True)
    if process.returncode and process.returncode > 0:
        problem = f"It ended with status {process.returncode}"
        return Probe(seconds, problem=f"{problem}: {last}" if last else problem + ".")
    if answer:
        return Probe(seconds, problem="What it answered is not MCP.")
    return Probe(seconds, problem=f"It did not answer within {timeout:g} s. {last}".strip())


def _server(answer: bytes) -> str:
    try:
        message: Any = json.loads(answer)
        info = message["result"]["serverInfo"]
        return f"{info['name']} {info['version']}"
    except (ValueError, KeyError, TypeError):
        return ""
