"""The program around a job: reads the request, writes answer and log, decides the status."""

import asyncio
import sys
import traceback
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from djobs_llm.answer_file import write_whole
from djobs_llm.contract import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_PARKED,
    Answer,
    Code,
    Request,
    decode_request,
)
from djobs_llm.job import Job, Say
from djobs_llm.redacting import Secrets

EXIT_USAGE: Final = 64
EXIT_NO_ANSWER: Final = 74
"""``EX_USAGE`` and ``EX_IOERR``: the answer could not be written."""

_STATUS: Final = {"done": EXIT_DONE, "failed": EXIT_FAILED, "parked": EXIT_PARKED}


def run(arguments: Sequence[str], environ: MutableMapping[str, str]) -> int:
    """Do the job that ``arguments`` name by its two files; return the exit status."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -I djobs_llm/__main__.py REQUEST.json ANSWER.json\n")
        return EXIT_USAGE
    request_path, answer_path = (Path(each) for each in arguments)
    secrets = Secrets({}, environ)
    try:
        request = decode_request(request_path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        answer = Answer(
            outcome="failed",
            code=Code.REQUEST_INVALID,
            message=f"The request {request_path} cannot be read: {error}",
        )
    else:
        secrets = Secrets(request.providers, environ)
        answer = _answer(request, answer_path.parent, environ, _saying(secrets))
    return _finish(answer, answer_path, secrets)


def _answer(request: Request, folder: Path, environ: MutableMapping[str, str], say: Say) -> Answer:
    job = Job(request, folder, environ, say)
    try:
        return _run_to_end(job)
    except Exception as fault:  # noqa: BLE001  # the job's last answer, with the fault in its log
        say("".join(traceback.format_exception(fault)))
        return Answer(
            outcome="failed",
            code=Code.INTERNAL,
            message=f"A fault in djobs: {type(fault).__name__}: {fault}. "
            "The job's log has the traceback; please report it.",
            usage=job.usage,
        )


def _run_to_end(job: Job) -> Answer:
    """Run without ``asyncio.run``, which waits for what does not let go of a connection."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(job.answer())


def _finish(answer: Answer, path: Path, secrets: Secrets) -> int:
    clean = secrets.out_of(msgspec.to_builtins(answer))
    say = _saying(secrets)
    try:
        write_whole(path, msgspec.json.encode(clean))
    except OSError as error:
        say(f"The answer {path} cannot be written: {error}")
        return EXIT_NO_ANSWER
    say(f"{answer.outcome}. {answer.message}".strip())
    return _STATUS[answer.outcome]


def _saying(secrets: Secrets) -> Say:
    def say(line: str) -> None:
        sys.stderr.write(f"{secrets.without(line)}\n")
        sys.stderr.flush()

    return say
