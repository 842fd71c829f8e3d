"""Say which process does not answer."""

import time

from djobs_local import presence
from djobs_protocol.errors import CATALOGUE, ErrorCode
from djobs_shim import trouble

LOOK_SECONDS = 0.5


def silence(state_folder: str, waited_seconds: float) -> trouble.Trouble:
    """Return the trouble with a daemon that is there and has said nothing for so long.

    Takes up to ``LOOK_SECONDS``; only for a relay that is about to leave. Raises what
    ``presence.look`` raises.
    """
    seen = presence.look(state_folder, LOOK_SECONDS)
    entry = CATALOGUE[ErrorCode.UNRESPONSIVE]
    said = f"The daemon ({_which(seen)}) has not answered for {waited_seconds:.0f} s."
    detail = "" if seen.welcome else f" {seen.detail}"
    text = f"{said}{detail} {entry.hint}"
    return trouble.Trouble(trouble.UNRESPONSIVE, text, entry.exit)


def _which(seen: presence.Presence) -> str:
    pid = f"pid {seen.pid}" if seen.pid else "unknown pid"
    if seen.since is None:
        return pid
    return f"{pid}, running for {max(0, int(time.time() - seen.since / 1000))} s"
