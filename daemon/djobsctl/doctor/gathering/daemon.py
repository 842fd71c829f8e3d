"""Looking at the daemon, as ``djobsctl status`` does."""

from djobs_protocol.errors import DjobsError
from djobs_protocol.limits import CONNECTIONS_MAX
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.daemon import TROUBLES, Daemon, look
from djobsctl.doctor.place import Place


def gather(place: Place) -> Daemon:
    """Ask it, or look at what is there instead."""
    chosen = place.settings
    if isinstance(chosen, DjobsError):
        return Daemon(place.status, no_spawn=False, places=CONNECTIONS_MAX)
    return Daemon(place.status, chosen.no_spawn, chosen.connections_max)


CHECK = Check("daemon", "Daemon", TROUBLES, gather, look)
