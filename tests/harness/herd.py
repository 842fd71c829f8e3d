"""Many clients at once: real processes, cheap because they are forked from one that is prepared."""

import json
from typing import Any

from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome

_PROGRAM = """
import json, os, sys, time
from djobs_local import attempts, call, presence, spawn, start  # once, before the forks
from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError

def client(options):
    began = time.monotonic()
    try:
        with call.connect(state_dir(), **options) as connection:
            found = {"instance": connection.welcome["instance"]}
    except DjobsError as error:
        found = {"code": str(error.code), "message": error.message, "data": error.data}
    return {**found, "seconds": time.monotonic() - began}

count, options = int(sys.argv[1]), json.loads(sys.argv[2])
reader, writer = os.pipe()
gate, opener = os.pipe()
for _ in range(count):
    if os.fork() == 0:
        os.close(opener)
        os.read(gate, 1)
        os.write(writer, json.dumps(client(options), default=str).encode() + b"\\n")
        os._exit(0)
os.close(writer)
os.close(opener)
with os.fdopen(reader) as lines:
    sys.stdout.write(lines.read())
"""


def run_herd(
    home: DaemonHome,
    count: int,
    seconds: float = PATIENCE_SECONDS,
    *,
    spawn: bool = True,
    **environ: str,
) -> list[dict[str, Any]]:
    """Let ``count`` clients connect at the same moment; return what became of each.

    Each is ``{"instance": …}`` or ``{"code": …, "message": …, "data": …}``, with ``seconds``.
    """
    options = {"deadline_seconds": seconds, "spawn": spawn}
    herd = home.client(_PROGRAM, str(count), json.dumps(options), **environ)
    output, errors = herd.communicate(timeout=seconds + 2 * PATIENCE_SECONDS)
    outcomes = [json.loads(line) for line in output.splitlines()]
    assert len(outcomes) == count, errors.decode()
    return outcomes
