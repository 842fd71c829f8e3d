"""Opening costs the same at any size, and nobody waits for what somebody else waits for.

As in ``test_durability``: mistakes of an older tool, shown to be absent here.
"""

import os
import time
from pathlib import Path

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.database import opened, write_lock_held
from tests.harness.editor import Ask, Editor
from tests.harness.gate import Gate
from tests.upstream.agents import HERE

ROOTS_SECONDS_MAX = 10.0
"""The promise is 2 s; the older tool never answered."""


def work(home: DaemonHome, batches: int) -> None:
    """Enqueue and complete; each job leaves two events, a kept answer and 4 KB."""
    with home.connect(workspace=HERE) as connection:
        for _ in range(batches):
            jobs = [{"type": "x", "payload": {"x": "y" * 4000}}] * 100
            for job in connection.call("job.enqueue", {"jobs": jobs})["jobs"]:
                connection.call("job.complete", {"job_id": job["id"], "evidence": "done"})


def bytes_read_to_open(home: DaemonHome) -> int:
    """Start the daemon; return how many bytes it read until it was ready, without the SDK."""
    with Gate(home.folder / "gate") as gate:
        gate.shut()
        home.start(DJOBS_BACKUP_GENERATIONS="0", DJOBS_FP=f"mcp.load=gate:{gate}")
        counts = dict(line.split(": ") for line in home.proc("io").decode().splitlines())
    return int(counts["rchar"])


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_d16_opening_a_database_costs_the_same_however_long_its_history(
    daemon_home: DaemonHome, database: Path
) -> None:
    """Nothing that is done at open grows with the number of jobs or events."""
    sizes, costs = [], []
    for batches in (5, 30):
        daemon_home.start()
        work(daemon_home, batches)
        daemon_home.stop()
        sizes.append(database.stat().st_size)
        costs.append(bytes_read_to_open(daemon_home))
        daemon_home.stop()
    with opened(database) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone()[0] == 2 * 3500
    assert sizes[1] - sizes[0] > 10_000_000
    assert abs(costs[1] - costs[0]) < 500_000


def test_d16_no_write_lock_is_held_once_the_database_is_open(
    daemon_home: DaemonHome, database: Path
) -> None:
    """Others may write to the database's neighbourhood, and copy it, from the first moment."""
    with Gate(daemon_home.folder / "gate") as gate:
        reader = daemon_home.spawn(DJOBS_FP=f"start.ready=gate:{gate}")
        gate.wait_reached()
        with write_lock_held(database):
            pass
    assert daemon_home.read_word(reader)[0] == "ready"
    os.close(reader)
    with write_lock_held(database):
        assert daemon_home.status()["phase"] == "serving"


def test_d17_a_session_is_answered_while_one_of_its_writes_waits(
    daemon_home: DaemonHome,
) -> None:
    """No call holds up another: reads, pings and other sessions go on."""
    with Gate(daemon_home.folder / "gate") as gate:
        daemon_home.start(DJOBS_FP=f"store.commit=gate:{gate}")
        with Editor(daemon_home, HERE) as editor, Editor(daemon_home, HERE) as other:
            for each in (editor, other):
                each.open()
            (slow,) = editor.ask_all([Ask("enqueue_task", {"task_type": "x"})])
            gate.wait_reached()
            editor.result(editor.ask("ping", {}))
            for each in (editor, other):
                assert each.call("health")["total"] == 0
                each.call("resume_session")
            assert editor.heard(slow) is None
            gate.open()
            assert not editor.outcome(slow)[0]
            assert other.call("health")["total"] == 1


def test_d19_a_client_that_never_answers_about_its_roots_gets_its_answer(
    daemon_home: DaemonHome,
) -> None:
    """Only a client that declares roots is asked, and one call waits at most 2 s, once."""
    daemon_home.start()
    daemon_home.wait_sdk()
    with Editor(daemon_home, None, capabilities={"roots": {}}, cwd=daemon_home.state) as mute:
        mute.open()
        began = time.monotonic()
        mute.call("enqueue_task", task_type="x")
        assert time.monotonic() - began < ROOTS_SECONDS_MAX
        mute.call("health")
        mute.call("resume_session")
        assert [each["method"] for each in mute.questions] == ["roots/list"]
    with Editor(daemon_home, None, cwd=daemon_home.state) as plain:
        plain.open()
        plain.call("health")
        assert plain.strays == []
