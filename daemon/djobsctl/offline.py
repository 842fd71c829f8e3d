"""Work on a database that no daemon serves, by a program of the daemon's in a process of its own.

``djobsctl`` itself opens no database.
"""

import json
import subprocess
import sys

from djobs_local.presence import look
from djobs_protocol.errors import DjobsError, ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobs_local.presence import Presence

REPLACING_SECONDS_DEFAULT = 600.0
OFFLINE_MODULE = "djobs_daemon.store.sqlite.offline"


def run_offline(arguments: list[str], timeout_seconds: float) -> "dict[str, Any]":
    """Return what the program answers; raise the error that it reports, or that it died."""
    command = [sys.executable, "-P", "-m", OFFLINE_MODULE, *arguments, "--json"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_seconds, check=False)
    except subprocess.TimeoutExpired:
        raise DjobsError(
            ErrorCode.DEADLINE_EXCEEDED, f"It did not end within {timeout_seconds:g} s."
        ) from None
    return read_answer(done.stdout, done.stderr.decode("utf-8", "replace"), done.returncode)


def read_answer(stdout: bytes, stderr: str, status: int) -> "dict[str, Any]":
    """Return the program's answer, read strictly: what it says otherwise is its end."""
    try:
        answer = json.loads(stdout)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        raise DjobsError.from_wire(answer["error"])
    if isinstance(answer, dict):
        return answer
    last_words = stderr.strip().splitlines()[-1:] or ["nothing"]
    raise DjobsError(
        ErrorCode.INTERNAL, f"The checker ended with status {status} and said: {last_words[0]}"
    )


def refuse_while_it_runs(home: str) -> None:
    """Raise while a daemon of the folder lives: its database is about to be replaced."""
    seen = look(home)
    if seen.running:
        raise DjobsError(
            ErrorCode.BUSY,
            f"The daemon is {seen.kind}, and has its database open.",
            hint="`djobsctl stop` first, and `djobsctl start` afterwards.",
        )


def refuse_while_it_lives(seen: "Presence", what: str) -> None:
    """Only the daemon may open its database while it runs (R6), whether it answers or not."""
    if seen.running:
        raise DjobsError(
            ErrorCode.UNRESPONSIVE,
            f"The daemon is {seen.kind}, so the database cannot be {what}. {seen.detail}",
        )
