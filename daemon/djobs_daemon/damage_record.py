"""``damaged.json``: which database was found damaged while it was served (R7).

Finding that out took reading the whole file. The next start must not serve it for as long again,
so it reads the whole file first whenever this names it.
"""

import os

from djobs_local.attempts import now_ms
from djobs_local.records import read_record, remove_record, text, write_record
from djobs_protocol.endpoint import DAMAGE_RECORD, state_file

PROBLEM_CHARS_MAX = 1000


def names(state: str, database: str) -> bool:
    """Say whether this database was found damaged."""
    return text(read_record(_path(state)), "database") == os.path.realpath(database)


def write(state: str, database: str, problem: str) -> None:
    """Remember it, durably; ``OSError`` when that fails."""
    found = {"schema": 1, "database": os.path.realpath(database), "at": now_ms()}
    write_record(_path(state), {**found, "problem": problem[:PROBLEM_CHARS_MAX]})


def remove(state: str) -> None:
    """Forget it: the database at that path is sound now."""
    remove_record(_path(state))


def _path(state: str) -> str:
    return state_file(state, DAMAGE_RECORD)
