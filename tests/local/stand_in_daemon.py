"""A daemon in a hundred lines: elects itself, says hello, and misbehaves on request.

Run as the real one is: ``python -I stand_in_daemon.py --detach --ready-fd 3 --owner WHO``.
``DJOBS_STAND_IN`` says how it misbehaves; ``slow=PATH`` is slow until the path exists.
"""

import json
import os
import signal
import socket
import sys
import threading
import time

from djobs_local import folders, identity
from djobs_local.attempts import now_ms
from djobs_local.locks import KernelLock, lock_folder
from djobs_local.ready_pipe import ReadyPipe
from djobs_local.records import write_record
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError, ErrorCode

MODE, _, ARGUMENT = os.environ.get("DJOBS_STAND_IN", "").partition("=")


def main() -> int:
    if MODE == "exit_before_fork":
        os.write(2, b"configured to leave\n")
        return int(ARGUMENT)
    if os.fork():
        os._exit(0)
    os.setsid()
    os.closerange(4, 256)
    pipe = ReadyPipe(3)
    state = endpoint.state_dir()
    if MODE == "die":
        os.write(2, b"the last words\n")
        os.kill(os.getpid(), signal.SIGKILL)
    if MODE == "fail":
        pipe.failed("config", "line 3 is wrong", errno=22, path="/x", code="config_invalid")
        return 78
    if MODE == "hang":
        record_birth(state)
        threading.Event().wait()
    return serve(state, pipe)


def serve(state: str, pipe: ReadyPipe) -> int:
    lock = KernelLock.acquire(endpoint.state_file(state, endpoint.DAEMON_LOCK), 2.0)
    folder = lock_folder(state, 2.0)
    if lock is None or folder is None:
        pipe.lost_election()
        return 0
    listener = listen(state)
    record = record_birth(state)
    if MODE == "slow":
        while not os.path.exists(ARGUMENT):
            pipe.progress("still at it")
            time.sleep(0.05)
    if MODE == "die_after_bind":
        return 9
    write_record(endpoint.state_file(state, endpoint.ENDPOINT_RECORD), {**record, "phase": "up"})
    if MODE != "unsaid":
        pipe.ready(pid=os.getpid())
    if MODE == "die_after_ready":
        return 9
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=talk, args=(connection, record), daemon=True).start()


def listen(state: str) -> socket.socket:
    path = endpoint.socket_path(state)
    if os.path.lexists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    old = os.umask(0o177)
    listener.bind(path)
    os.umask(old)
    listener.listen(128)
    return listener


def record_birth(state: str) -> dict[str, object]:
    record: dict[str, object] = {
        **identity.of_self().to_record(),
        "instance": os.urandom(16).hex(),
        "started_at": now_ms(),
        "phase": "starting",
    }
    write_record(endpoint.state_file(state, endpoint.ENDPOINT_RECORD), record)
    with open(os.path.join(state, "births"), "a", encoding="ascii") as births:
        births.write(json.dumps(record) + "\n")
    return record


def talk(connection: socket.socket, record: dict[str, object]) -> None:
    folders.check_peer(connection)
    try:
        with connection, connection.makefile("rwb") as lines:
            for line in lines:
                for answer in answers(json.loads(line), record):
                    lines.write(json.dumps(answer).encode() + b"\n")
                lines.flush()
    except (OSError, StopIteration):
        return  # a client that vanishes harms only itself


def answers(call: dict[str, object], record: dict[str, object]) -> list[dict[str, object]]:
    if call["method"] == "hello":
        if MODE == "draining":
            return [error(call, DjobsError(ErrorCode.DRAINING))]
        if MODE == "refusing":
            versions = {"build": "0.0.1", "protocol_range": [0, 0]}
            return [error(call, DjobsError(ErrorCode.PROTOCOL_MISMATCH, "no", **versions))]
        if MODE == "old":
            return [result(call, {"protocol": 0, "protocol_range": [0, 0], "build": "0.0.1"})]
        return [result(call, {"protocol": 1, "build": "0.1.0", "facts": facts(), **record})]
    if call["method"] == "refuse":
        return [error(call, DjobsError(ErrorCode.JOB_NOT_FOUND, "no job 7", job_id="7"))]
    if call["method"] == "hang":
        return []
    if call["method"] == "say":
        return [{"jsonrpc": "2.0", "id": call["id"], **call["params"]}]  # type: ignore[dict-item]
    if call["method"] == "close":
        raise StopIteration
    noise: list[dict[str, object]] = [
        {"jsonrpc": "2.0", "method": "event", "params": {}},
        {"jsonrpc": "2.0", "id": 10**9, "result": {"not": "yours"}},
    ]
    return [*noise, result(call, {"echo": call["params"], "timeout_ms": call["timeout_ms"]})]


def result(call: dict[str, object], value: dict[str, object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": call["id"], "result": value}


def error(call: dict[str, object], reason: DjobsError) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": call["id"], "error": reason.as_wire()}


def facts() -> dict[str, object]:
    """Return what the process inherited, for the test to look at."""
    with open("/proc/self/status", encoding="ascii") as status:
        signals = {k: v.strip() for k, _, v in (line.partition(":") for line in status)}
    return {
        "environ": dict(os.environ),
        "stdin": os.readlink("/proc/self/fd/0"),
        "stdout": os.readlink("/proc/self/fd/1"),
        "session": os.getsid(0),
        "ppid": os.getppid(),
        "ignored": signals["SigIgn"],
        "blocked": signals["SigBlk"],
        "argv": sys.argv,
    }


if __name__ == "__main__":
    sys.exit(main())
