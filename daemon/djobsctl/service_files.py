"""Writing and removing the files of a service, and nothing that is somebody else's."""

import contextlib
import os
from collections.abc import Iterable
from typing import Any

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_service.plan import File

OURS = "djobs: durable tasks"
"""Stands in every entry that djobs ever made."""
LABEL = "io.djobs."
"""Stands in those of launchd, which have no description."""


def differs(file: File) -> bool:
    """Say whether the file has to be written."""
    if file.link:
        return not os.path.islink(file.path) or os.readlink(file.path) != file.link
    return _content(file) != file.content


def refuse_strangers(files: Iterable[File]) -> None:
    """Raise for a file that is there and was not made by djobs."""
    for file in files:
        if not is_ours(file):
            raise DjobsError(
                ErrorCode.CONFLICT,
                f"{file.path} is there already and not from djobs.",
                hint="Move it away, then run this again.",
                path=file.path,
            )


def is_ours(file: File) -> bool:
    """Say whether djobs may replace or remove what is there; nothing there is nobody's."""
    if not os.path.lexists(file.path):
        return True
    if file.link:
        return os.path.islink(file.path)
    content = _content(file) or ""
    return OURS in content or LABEL in content


def write(file: File) -> None:
    """Write the file whole, or not at all."""
    os.makedirs(os.path.dirname(file.path), exist_ok=True)
    temporary = f"{file.path}.{os.getpid()}.tmp"
    try:
        if file.link:
            os.symlink(file.link, temporary)
        else:
            with open(temporary, "x", encoding=file.encoding, newline="") as new:
                new.write(file.content)
        os.replace(temporary, file.path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def remove(file: File) -> None:
    """Remove the file, and the folders around it that are empty then."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file.path)
    folder = os.path.dirname(file.path)
    while os.path.basename(folder) in ("default.target.wants", "user", "systemd"):
        try:
            os.rmdir(folder)
        except OSError:
            return  # it has something of others, or is gone
        folder = os.path.dirname(folder)


def document(file: File) -> dict[str, Any]:
    """Return the file as plain values, with what would become of the one that is there."""
    change = "same" if not differs(file) else "replace" if os.path.lexists(file.path) else "create"
    content = {"link": file.link} if file.link else {"content": file.content}
    return {"path": file.path, "change": change, **content}


def _content(file: File) -> str | None:
    try:
        with open(file.path, encoding=file.encoding, newline="") as there:
            return there.read()
    except (OSError, UnicodeError):
        return None
