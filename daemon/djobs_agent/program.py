"""The program around a job: its files, its log, its exit status."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from djobs_agent.cli import reserve
from djobs_agent.contract import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_PARKED,
    Outcome,
    Request,
    decode_request,
)
from djobs_agent.job import Job, write_answer

_STATUSES: Final[dict[Outcome, int]] = {
    "done": EXIT_DONE,
    "parked": EXIT_PARKED,
    "failed": EXIT_FAILED,
    "stopped": EXIT_FAILED,
}
_USAGE: Final = 2


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do the job that the first file asks for, answer in the second; return the exit status."""
    if len(arguments) != 2:
        say("usage: djobs_agent REQUEST.json ANSWER.json")
        return _USAGE
    request_path, answer_path = map(Path, arguments)
    request = _read(request_path)
    if request is None:
        return _USAGE
    reserve(request.status_fd)
    answer = Job(request, answer_path.parent, environ, say).answer()
    write_answer(answer_path, answer)
    if answer.message:
        say(f"{answer.outcome}: {answer.message}")
    return _STATUSES[answer.outcome]


def say(line: str) -> None:
    """Write a line of the job's log."""
    sys.stdout.write(line.encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


def _read(path: Path) -> Request | None:
    try:
        return decode_request(path.read_bytes())
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        say(f"{path} is no request: {error}")
        return None
