"""How a run ended: the result, and writing it whatever the disk says (R8)."""

import errno
import os
import time

from djobs_local import run_folder
from djobs_runner import course, supervise
from djobs_runner.failpoints import failpoint
from djobs_runner.small_json import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobs_runner.prepared import Prepared

SURVIVORS_MAX = 200
"""Pids that are named."""
RETRY_SECONDS_FIRST = 0.1
RETRY_SECONDS_MAX = 5.0
RETRY_SECONDS_ALL = 7 * 86_400.0
"""For so long a result that cannot be written is kept by a runner that does nothing else."""

LAUNCH_FAILED = "launch_failed"


def started() -> bytes:
    """Return the contents of the mark that something may have been executed."""
    return dumps({"started_ms": _now_ms()}).encode()


def of_order(folder: str, prepared: "Prepared") -> "dict[str, Any]":
    """Execute an order and return the result."""
    started_ms, began = _now_ms(), time.monotonic()
    try:
        run = supervise.Run(folder, prepared)
    except OSError as error:  # no descriptors, no processes: as with any launch that fails
        failure = {"step": "process", "errno": error.errno or 0, "text": error.strerror or ""}
        return _result(LAUNCH_FAILED, started_ms, time.monotonic() - began) | {"failure": failure}
    run.supervise()
    return _of_run(run, started_ms, time.monotonic() - began)


def _result(end: str, started_ms: int, seconds: float) -> "dict[str, Any]":
    return {
        "schema": 1,
        "end": end,
        "exit_code": None,
        "signal": None,
        "failure": None,
        "started_ms": started_ms,
        "ended_ms": _now_ms(),
        "elapsed_ms": round(seconds * 1000),
    }


def _of_run(run: "supervise.Run", started_ms: int, seconds: float) -> "dict[str, Any]":
    failed = run.failure is not None
    result = _result(LAUNCH_FAILED if failed else run.course.reason, started_ms, seconds)
    if failed:
        result["failure"] = run.failure
    elif run.status is not None and os.WIFSIGNALED(run.status):
        result["signal"] = os.WTERMSIG(run.status)
        result["core_dumped"] = os.WCOREDUMP(run.status)
    elif run.status is not None:
        result["exit_code"] = os.WEXITSTATUS(run.status)
    return result | {
        "stopped_by": run.stopped_by if run.course.reason == course.STOPPED else "",
        "killed": run.course.killed,
        "paused_ms": round(run.course.paused_seconds * 1000),
        "cpu_user_ms": round(run.cpu_user * 1000),
        "cpu_system_ms": round(run.cpu_system * 1000),
        "max_rss_bytes": run.max_rss * supervise.RSS_UNIT_BYTES,
        "survivors": run.survivors[:SURVIVORS_MAX],
        "survivor_count": len(run.survivors),
        "log": {stream: sink.to_record() for stream, sink in run.sinks.items()},
    }


def write(folder: str, result: "dict[str, Any]") -> None:
    """Write the result, waiting for space if there is none; gives up when the folder is gone."""
    raw = dumps(result).encode()
    reserved: str | None = run_folder.RESERVE
    pause, deadline = RETRY_SECONDS_FIRST, time.monotonic() + RETRY_SECONDS_ALL
    while True:
        try:
            failpoint("run.write_result")
            run_folder.write_durably(folder, run_folder.RESULT, raw, reserved)
        except OSError as error:
            if error.errno == errno.ENOENT or time.monotonic() > deadline:
                raise
            time.sleep(pause)  # for space, which nothing announces
            pause = min(pause * 2, RETRY_SECONDS_MAX)
        else:
            return


def _now_ms() -> int:
    return int(time.time() * 1000)
