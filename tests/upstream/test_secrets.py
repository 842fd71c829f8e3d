"""What looks like a secret does not reach the disk.

As in ``test_durability``: mistakes of an older tool, shown to be absent here.
"""

import asyncio
import json

import pytest

from djobs_daemon.queue.redaction import MARK
from djobs_daemon.storage import clock_ms
from djobs_daemon.store.sqlite.store import SqliteStore
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.upstream.agents import HERE

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"
SECRETS = [
    # as it is written, and the part that must not be found
    pytest.param("xoxb-1234567890-abcdefghijklmnop", "xoxb-1234567890", id="slack"),
    pytest.param(PEM, "MIIEowIBAAKCAQEA7", id="pem"),
    pytest.param("DB_PASS=hunter2hunter2", "hunter2", id="password"),
    pytest.param("4111 1111 1111 1111", "4111 1111", id="card"),
]
NAMES = ("task_type", "idempotency_key", "resource_key", "correlation_id")


def found_in(home: DaemonHome, text: str) -> set[str]:
    """Return what of the home holds a text: names of files, or of the folders they are in."""
    return {
        path.relative_to(home.folder).parts[0]
        for path in home.folder.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    }


async def back_up(home: DaemonHome) -> None:
    opening = SqliteStore.open(
        str(home.folder / "jobs.db"), backups=str(home.folder / "backups"), clock_ms=clock_ms
    )
    async with opening as store:
        await store.backup()


@pytest.mark.parametrize(("written", "naked"), SECRETS)
def test_d30_secrets_do_not_reach_the_disk(
    daemon_home: DaemonHome, written: str, naked: str
) -> None:
    """Replaced in every text, refused in every name: not in database, log, backup or record."""
    daemon_home.env["DJOBS_LOG_LEVEL"] = "DEBUG"
    daemon_home.start()
    with Editor(daemon_home, HERE) as editor:
        editor.open()
        payload = {"note": f"use {written} for it", "list": [written], f"key {written}": 1}
        first = editor.call("enqueue_task", task_type="x", payload=payload)["id"]
        second = editor.call("enqueue_task", task_type="x")["id"]
        editor.call("complete_task", task_id=first, evidence=f"used {written} here")
        editor.call("fail_task", task_id=second, error=f"{written} did not work")
        for name in NAMES:
            arguments = {"task_type": "x", name: f"a {written}"}
            refusal = editor.refusal("enqueue_task", **arguments)
            assert refusal["error"] == "invalid_params"
            assert name in refusal["message"]
            assert naked not in refusal["message"]
        editor.write(b'{"note": "%s", broken\n' % json.dumps(written).encode())
        editor.call("health")
        assert found_in(daemon_home, naked) == set()  # the write-ahead log too
    daemon_home.stop()
    asyncio.run(back_up(daemon_home))
    assert found_in(daemon_home, MARK) >= {"jobs.db", "backups"}
    assert found_in(daemon_home, naked) == set()
