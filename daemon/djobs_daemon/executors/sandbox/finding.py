"""Which providers this machine has, and what all of them really do."""

import os
import shutil
import sys
from collections.abc import Iterator

from djobs_daemon.executors.sandbox.bubblewrap import Bubblewrap
from djobs_daemon.executors.sandbox.diagnosis import missing
from djobs_daemon.executors.sandbox.probing import PROBE_SECONDS, probe
from djobs_daemon.executors.sandbox.provider import Provider
from djobs_daemon.executors.sandbox.seatbelt import PROGRAM, Seatbelt
from djobs_daemon.executors.sandbox.srt import Srt
from djobs_daemon.executors.sandbox.verdict import Probed


def look(folder: str, path: str | None, seconds: float = PROBE_SECONDS) -> list[Probed]:
    """Return every provider of this system with what it enforces, missing ones with how to get it.

    Programs are looked for on ``path``, a PATH; None is the process' own. Blocks, as
    ``probe`` does; call it in a thread.
    """
    found: list[Provider] = []
    absent: list[Probed] = []
    for provider, program in _of_this_system(path):
        if program is None:
            absent.append(Probed(provider, (), missing(provider.name)))
        else:
            found.append(provider)
    return [*probe(found, folder, seconds), *absent]


def _of_this_system(path: str | None) -> Iterator[tuple[Provider, str | None]]:
    """Yield each provider with its program's path, None when it is missing."""
    if sys.platform == "darwin":
        yield Seatbelt(), shutil.which(PROGRAM)
    else:
        program = shutil.which("bwrap", path=path)
        yield Bubblewrap(program or "bwrap"), program
    program = shutil.which("srt", path=path)
    yield Srt(program or "srt", path or os.environ.get("PATH", os.defpath)), program
