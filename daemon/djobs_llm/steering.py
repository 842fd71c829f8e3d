"""The rules of a project, which stand before every system prompt."""

import os
from pathlib import Path
from typing import Final, NamedTuple

from djobs_llm.confined import Refused, exists, read_text
from djobs_llm.contract import Code
from djobs_llm.failure import JobFailed

NAMES: Final = ("AGENTS.md", "CLAUDE.md", ".clinerules")
"""Looked for in this order; the first that is there counts."""
STEERING_BYTES_MAX: Final = 256 * 1024
"""It is sent with every request of every job."""


class Steering(NamedTuple):
    """Rules, and the file they are from."""

    source: str
    text: str


def find_steering(workspace: Path, configured: str | None) -> Steering | None:
    """Return the rules; ``STEERING_REFUSED`` if the file is there, or asked for, but not readable.

    Work that was done without the rules would have to be done again, so nothing is left out in
    silence. ``configured`` is empty when there shall be none.
    """
    if configured is None:
        name = next((name for name in NAMES if exists(workspace, name)), None)
    else:
        name = configured or None
    if name is None:
        return None
    try:
        return Steering(name, _read(workspace, name).strip())
    except Refused as refused:
        raise JobFailed(
            Code.STEERING_REFUSED,
            f"The project's rules: {refused} Mend that, or name another file as steering_path.",
        ) from None


def _read(workspace: Path, name: str) -> str:
    if os.path.isabs(name):  # said in the user's own settings, so it may be anywhere
        place = Path(os.path.realpath(name))
        return read_text(place.parent, place.name, STEERING_BYTES_MAX)
    if (workspace / name).is_dir():  # as `.clinerules` may be
        return _read_folder(workspace, name)
    return read_text(workspace, name, STEERING_BYTES_MAX)


def _read_folder(workspace: Path, name: str) -> str:
    files = sorted(each.name for each in (workspace / name).iterdir() if each.suffix == ".md")
    texts = [read_text(workspace, f"{name}/{each}", STEERING_BYTES_MAX) for each in files]
    whole = "\n\n".join(texts)
    if len(whole.encode()) > STEERING_BYTES_MAX:
        raise Refused(f"{name} has more than the {STEERING_BYTES_MAX} bytes that are allowed.")
    return whole
