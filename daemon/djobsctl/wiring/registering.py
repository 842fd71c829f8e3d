"""The command to register: decided, then really started, before any file is touched."""

import os
import shutil
import sys
from dataclasses import dataclass

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_setup.command import PORTABLE, registered, shim_file
from djobs_setup.probing import Probe, probe
from djobsctl.talk import Talk


@dataclass(frozen=True)
class Tried:
    """A command, and how it answered."""

    words: list[str]
    probe: Probe
    warning: str


def tried_command(talk: Talk, *, portable: bool) -> Tried:
    """Return the command; ``DjobsError`` when it will not last, or does not work."""
    chosen = registered(sys.executable, shim_file())
    if chosen.ephemeral and not portable:
        raise DjobsError(
            ErrorCode.NOT_SUPPORTED,
            f"This djobs lies in the cache of {chosen.ephemeral}, which may be emptied at any "
            "time; agents would lose it.",
            hint="Install it first: `uv tool install djobs` or `pipx install djobs`; "
            "then `djobsctl init`.",
        )
    words, warning = ([PORTABLE], _missing()) if portable else (chosen.words, chosen.warning)
    started = [shutil.which(PORTABLE) or PORTABLE] if portable else words
    if portable and warning:
        return Tried(words, Probe(0.0), warning)
    with talk.waiting("Starting the command that agents will use ..."):
        answer = probe(started, os.environ)
    if not (answer.ok or answer.stopped):
        raise DjobsError(
            ErrorCode.UNAVAILABLE,
            f"The command that agents would use does not work: {answer.problem} "
            "No file was changed.",
            hint=f"Try it: {' '.join(started)}; `djobsctl status` says how the daemon is.",
        )
    return Tried(words, answer, warning)


def _missing() -> str:
    if shutil.which(PORTABLE):
        return ""
    return f"{PORTABLE} is not on your PATH; agents that have yours will not find it"
