"""Jobs that jobs submit know how deep they lie, and end somewhere."""

import os
import sys

import pytest

from djobs_daemon.executors.ancestry import line_of, parent_of
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.store.ledger_tools import ACTOR
from tests.work.desk import Desk
from tests.work.hand_over import ended, job_of, log_of, submit

SUBMIT = """
import sys
from djobs_local.call import connect
job = {"type": "shell", "managed_by": "executor", "payload": {"spec": ["printenv", "DJOBS_DEPTH"]}}
with connect(sys.argv[1], client="test", workspace=".") as daemon:
    print(daemon.call("job.enqueue", {"jobs": [job]})["jobs"][0]["id"])
"""


@pytest.mark.parametrize("disguise", [[], ["env", "-u", "DJOBS_DEPTH"], ["env", "DJOBS_DEPTH=0"]])
def test_a_job_submitted_by_a_job_is_one_deeper_whatever_it_says(
    home: DaemonHome, tmp_path: object, disguise: list[str]
) -> None:
    with home.connect(workspace=str(tmp_path)) as at:
        command = [*disguise, sys.executable, "-c", SUBMIT.replace('"."', repr(str(tmp_path)))]
        outer = ended(at, submit(at, [*command, home.state]))
        inner = ended(at, log_of(at, outer["id"]).decode().strip())
        assert (outer.get("depth", 1), inner["depth"]) == (1, 2)
        assert log_of(at, inner["id"]) == b"2\n"


def test_the_word_of_a_client_counts_where_nothing_else_is_known(
    home: DaemonHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJOBS_DEPTH", "4")
    with home.connect(workspace="/w") as inside:
        job_id = inside.call("job.enqueue", {"jobs": [{"type": "t"}]})["jobs"][0]["id"]
        assert job_of(inside, job_id)["depth"] == 5


async def test_what_is_too_deep_is_refused_and_nothing_is_stored(desk: Desk) -> None:
    deepest = ACTOR._replace(depth=20)
    with pytest.raises(DjobsError) as refused:
        await desk.enqueue(actor=deepest)
    assert refused.value.code is ErrorCode.INVALID_PARAMS
    assert "20 is the most" in refused.value.message
    (job_id,) = await desk.enqueue(actor=ACTOR._replace(depth=19))
    assert (await desk.job(job_id))["depth"] == 20
    assert await desk.is_sound()


def test_a_line_of_ancestors_ends() -> None:
    assert list(line_of(9, {9: 5, 5: 1}.get)) == [9, 5]
    assert list(line_of(9, {9: 5}.get)) == [9, 5]
    assert len(list(line_of(9, {9: 5, 5: 9}.get))) == 100
    assert parent_of(os.getpid()) in (os.getppid(), None)
    assert parent_of(2**30) is None
