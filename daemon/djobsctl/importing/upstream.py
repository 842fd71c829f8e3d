"""djobs 0.2 to 0.22: ``~/.djobs/global.db`` and ``djobs_mcp.db``, SQLite files of its own.

Only the store knows SQL, so a process of the daemon's package reads the file.
"""

import json
import os
import subprocess
import sys
from typing import Any, Final

from djobs_protocol.errors import DjobsError
from djobsctl.importing.files import Unreadable, loads
from djobsctl.importing.items import Item, Source, Standing
from djobsctl.importing.values import filled, text, texts

KIND: Final = "djobs"
PLACES: Final = ("djobs_mcp.db", "global.db")
MAGIC: Final = b"SQLite format 3\x00"
READER: Final = "djobs_daemon.store.sqlite.upstream"
READ_SECONDS_MAX: Final = 300.0

_STANDINGS: Final = {
    "pending": Standing.OPEN,
    "running": Standing.STARTED,
    "retry_scheduled": Standing.OPEN,
    "succeeded": Standing.DONE,
    "failed": Standing.FAILED,
    "dead_lettered": Standing.FAILED,
    "archived": Standing.CANCELLED,
}


def read(path: str) -> Source:
    """Read a database; its own process copies it first, so that nothing beside it changes."""
    document = _ask_reader(path)
    source = Source(KIND, path, "", [], [], {})
    if document.get("memories"):
        source.passed_over["memories: notes of agents, which are no jobs"] = document["memories"]
    for row in document["jobs"]:
        try:
            source.items.append(_item(path, row))
        except Unreadable as error:
            source.problems.append(error.problem)
    return source


def _ask_reader(path: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", READER, path]
    try:
        done = subprocess.run(command, capture_output=True, timeout=READ_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        raise Unreadable(path, None, f"Reading took over {READ_SECONDS_MAX:g} s.") from None
    try:
        document = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["nothing"]
        raise Unreadable(path, None, f"The reader ended and said: {last[0]}") from None
    if "error" in document:
        error = DjobsError.from_wire(document["error"])
        told = error.message.replace(path, "It", 1)  # the problem names it
        raise Unreadable(path, None, f"{told} {error.hint}")
    found: dict[str, Any] = document
    return found


def _item(path: str, row: dict[str, Any]) -> Item:
    identity, state = str(row["id"]), str(row["status"])
    standing = _STANDINGS.get(state, Standing.OPEN)
    if row.get("previous_status") == "succeeded":
        standing = Standing.DONE
    return Item(
        id=identity,
        title="",
        standing=standing,
        state=state,
        path=path,
        type=text(row["type"]) or "task",
        needs=_needs(path, row, identity),
        content=_content(path, row, identity),
        holder=text(row.get("leased_by")),
        created=text(row.get("created_at")),
        finished=text(row.get("updated_at")) if standing is Standing.DONE else None,
        said=text(row.get("evidence") or row.get("last_error") or row.get("reason")),
        run_at=text(row.get("run_after")),
        workflow=text(row["correlation_id"]),
        max_attempts=row.get("max_attempts"),
        resource_key=text(row.get("resource_key")),
        origin=filled(idempotency_key=text(row.get("idempotency_key"))),
    )


def _needs(path: str, row: dict[str, Any], identity: str) -> tuple[str, ...]:
    try:
        return texts(loads(row.get("depends_on_json") or "[]"))
    except ValueError:
        what = f"What {identity} depends on is no JSON."
        raise Unreadable(path, None, what, f"the job {identity}") from None


def _content(path: str, row: dict[str, Any], identity: str) -> dict[str, Any]:
    """Return the payload as it was: workers know its members. Only an object has room for more."""
    try:
        payload = loads(row["payload_json"] or "{}")
    except (ValueError, RecursionError):
        what = f"The payload of {identity} is no JSON."
        raise Unreadable(path, None, what, f"the job {identity}") from None
    return payload if isinstance(payload, dict) else {"payload": payload}


def is_database(path: str) -> bool:
    """Say whether a file begins as SQLite's do."""
    try:
        with open(path, "rb") as file:
            return os.path.isfile(path) and file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
