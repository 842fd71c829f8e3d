"""Whoever looks in while the daemon restarts waits for the next one and meets no error (R28)."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import djobsctl
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome

RESTARTS = 6
LOOKING = """
import collections, contextlib, io, json, os, sys
from djobsctl.dispatch import dispatch

told = collections.Counter()
while not os.path.exists(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        status = dispatch(["list", "--json"])
    told["ok" if status == 0 else printed.getvalue()] += 1
    if told.total() == 1:
        print("looking", flush=True)
print(json.dumps(told))
"""


def said_by(client: "subprocess.Popen[bytes]") -> dict[str, int]:
    """Return how often a client met what."""
    output, _ = client.communicate(timeout=PATIENCE_SECONDS)
    told: dict[str, int] = json.loads(output)
    return told


@pytest.mark.slow
def test_two_clients_that_always_look_meet_no_error_in_six_restarts(
    running_daemon: DaemonHome, tmp_path: Path
) -> None:
    enough = tmp_path / "enough"
    clients = [running_daemon.client(LOOKING, str(enough)) for _ in range(2)]
    for client in clients:
        assert client.stdout is not None
        assert client.stdout.readline() == b"looking\n"
    for _ in range(RESTARTS):
        assert djobsctl(running_daemon, "restart").status == 0
    enough.touch()
    for told in map(said_by, clients):
        assert set(told) == {"ok"}, told
