"""What the config file limits is limited, and the job says what ended it where that is known."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_daemon.executors.ending import Settlement
from djobs_daemon.executors.orders import Limits
from djobs_daemon.executors.process_limits import limits_of, reached, with_limit
from djobs_daemon.executors.results import End, Result
from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind
from tests.harness.daemon import DaemonHome
from tests.work.hand_over import ended, log_of, submit

CONFIG = """
[limits]
open_files = 77
[types.quick]
executor = "shell"
limits = {cpu_seconds = 1}
[types.small]
executor = "shell"
limits = {memory_bytes = 268435456}
[types.brief]
executor = "shell"
limits = {file_bytes = 1000}
[types.single]
executor = "shell"
limits = {processes = 1, open_files = 66}
"""
FORKS = """
import os
if os.geteuid() == 0:
    os.setuid(61235)  # the limit does not bind root
for _ in range(3):
    if not os.fork():
        os._exit(0)
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with DaemonHome() as home:
        Path(home.state, "config.toml").write_text(CONFIG)
        home.start()
        with home.connect(workspace=str(tmp_path_factory.mktemp("limited"))) as connection:
            yield connection


def test_processor_time_ends_and_the_job_says_so(at: Connection) -> None:
    job = ended(at, submit(at, ["sh", "-c", "while :; do :; done"], type="quick"))
    assert job["exit_code"] == 128 + 24
    assert job["last_error"].startswith("Its limit cpu_seconds = 1 was reached. exit code 152")


def test_a_file_that_grows_too_large_ends_its_writer(at: Connection) -> None:
    spec = ["sh", "-c", "head -c 100000 /dev/zero > big"]
    job = ended(at, submit(at, spec, type="brief"))
    assert job["last_error"].startswith("Its limit file_bytes = 1000 was reached. exit code 153")
    assert Path(job["workspace"], "big").stat().st_size == 1000


def test_memory_is_refused_and_the_command_says_it(at: Connection) -> None:
    job = ended(at, submit(at, [sys.executable, "-c", "x = b'x' * (1 << 30)"], type="small"))
    assert job["state"] == "failed"
    assert "MemoryError" in job["last_error"]


def test_processes_are_refused_and_the_command_says_it(at: Connection) -> None:
    job = ended(at, submit(at, [sys.executable, "-c", FORKS], type="single"))
    assert job["state"] == "failed"
    assert "BlockingIOError" in job["last_error"]


def test_what_a_type_does_not_say_is_as_for_all(at: Connection) -> None:
    for job_type, shown in (("shell", b"77\n"), ("quick", b"77\n"), ("single", b"66\n")):
        job = ended(at, submit(at, ["sh", "-c", "ulimit -n"], type=job_type))
        assert log_of(at, job["id"]) == shown


def result(end: End, signal: int | None = None, code: int | None = None, cpu: int = 0) -> Result:
    return Result(end, code, signal, None, 0, 0, 0, cpu_user_ms=cpu)


LIMITS = Limits(cpu_seconds=2, file_bytes=9)


@pytest.mark.parametrize(
    ("how", "name"),
    [
        (result(End.EXITED, 24), "cpu_seconds"),
        (result(End.EXITED, code=152), "cpu_seconds"),
        (result(End.EXITED, 9, cpu=7000), "cpu_seconds"),
        (result(End.EXITED, 9, cpu=100), None),
        (result(End.EXITED, 25), "file_bytes"),
        (result(End.EXITED, code=1), None),
        (result(End.STOPPED, 9, cpu=7000), None),
        (None, None),
    ],
)
def test_only_what_the_end_tells_is_said(how: Result | None, name: str | None) -> None:
    assert reached(LIMITS, how) == name
    assert how is None or reached(Limits(), how) is None


def test_work_that_succeeded_met_no_limit() -> None:
    done = Settlement(EventKind.SUCCEEDED, "ok", {"evidence": "ok"})
    assert with_limit(done, LIMITS, result(End.EXITED, code=152)) == done


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"cpu": 1}, "unknown field `cpu`; expected cpu_seconds"),
        ({"cpu_seconds": 0}, "expected a whole number from 1 on"),
        ({"cpu_seconds": True}, "expected a whole number"),
        ({"file_bytes": "1M"}, "expected a whole number"),
    ],
)
def test_what_is_no_limit_is_named(given: dict[str, object], reason: str) -> None:
    with pytest.raises(DjobsError) as refused:
        limits_of(given, "c.toml: [limits]")
    assert refused.value.code is ErrorCode.CONFIG_INVALID
    assert reason in refused.value.message
    assert limits_of({"core_bytes": 0}, "x") == Limits(core_bytes=0)
