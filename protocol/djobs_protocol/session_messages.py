"""What is left in a folder, for whoever begins to work there."""

from typing import Annotated, TypeAlias

import msgspec

from djobs_protocol.limits import CORRELATION_CHARS_MAX

Folder: TypeAlias = Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)]


class BriefSession(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Say in a sentence what is unfinished where somebody begins to work."""

    folder: Folder
    """Where it is; the project around it is meant."""
    project: Folder = ""
    """The project as the host names it, where it does; it counts before ``folder``."""
    workspace: Folder = ""
    """The workspace as the user names it (``DJOBS_WORKSPACE``); it is taken as it is."""


class SessionBrief(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The counts, and the sentence that a model reads; empty when nothing is left."""

    workspace: str
    unfinished: int
    failed: int
    text: str = ""
