"""Applying what an agent changed to the workspace: all of it, or nothing."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from djobs_agent.contract import CONTENTS_FOLDER
from djobs_daemon.executors.file_changes import CannotApply, Changes, carry_out, check
from djobs_llm.contract import UNDO_FOLDER

Act: TypeAlias = Callable[[str, Changes], bool]

__all__ = ["Act", "CannotApply", "Changes", "apply", "check"]


def apply(workspace: str, folder: str, changes: Changes, *, unattended: bool = False) -> bool:
    """Write the changes of the run in ``folder``; False when there was nothing left to write.

    What the files held before stays in the run's folder. ``CannotApply`` when something is in the
    way, and nothing was written then.
    """

    def content_of(number: int) -> bytes:
        return Path(folder, CONTENTS_FOLDER, str(number)).read_bytes()

    kept = os.path.join(folder, f"{UNDO_FOLDER}-{secrets.token_hex(4)}")
    return carry_out(workspace, changes, content_of, kept, unattended=unattended)
