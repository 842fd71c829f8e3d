"""What a daemon and the service manager that owns it tell each other (R32, R33).

The manager is told of progress by sd_notify(3), and learns from the exit status whether to start
the daemon anew: ``RestartPreventExitStatus=`` of the systemd unit has the same numbers.
"""

import os
import socket
from typing import Final

from djobs_local.ready_pipe import ReadyPipe

MANAGED: Final = ("service", "launchd", "task")
"""Owners that are service managers: systemd, launchd, the Task Scheduler."""
NOTIFY_VARIABLE: Final = "NOTIFY_SOCKET"
LOST_HINT: Final = "`djobsctl service install` hands over to the service manager."
LOST_STATUS: Final = 75
"""EX_TEMPFAIL of sysexits(3): somebody else's daemon serves. Not 0, so that the unit shows it."""
FINAL_STATUSES: Final = (65, LOST_STATUS, 77, 78, 79)
"""What a new start cannot cure: data, another daemon, permission, configuration, stopped."""
EXTEND_USEC: Final = 60_000_000
"""How much longer a slow start may take after each sign of progress."""


class ManagedPipe(ReadyPipe):
    """The starter's pipe, and beside it the manager's socket; either may be missing."""

    def __init__(self, fd: int | None, address: str = "") -> None:
        super().__init__(fd)
        self.address = address
        """Where sd_notify(3) sends to; empty without a manager that listens."""

    def progress(self, text: str) -> None:
        """Say that a slow step goes on; extends the patience of both."""
        super().progress(text)
        self._notify(f"EXTEND_TIMEOUT_USEC={EXTEND_USEC}", f"STATUS={text}")

    def ready(self, **info: object) -> None:
        """Say that requests are answered from now on."""
        super().ready(**info)
        self._notify("READY=1", "STATUS=Serving.")

    def failed(
        self, stage: str, text: str, *, errno: int | None = None, path: str = "", code: str = ""
    ) -> None:
        """Say why there will be no daemon."""
        super().failed(stage, text, errno=errno, path=path, code=code)
        self._notify(f"STATUS={text}", *([f"ERRNO={errno}"] if errno else []))

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._notify("STOPPING=1", "STATUS=Finishing what is under way.")

    def _notify(self, *lines: str) -> None:
        """Send one message; a manager that does not listen is no reason to fail."""
        if not self.address:
            return
        place = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        text = "\n".join(" ".join(line.split("\n")) for line in lines)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(os.fsencode(text), place)
        except OSError:
            return


def lost_status(owner: str) -> int:
    """Return the exit status of a daemon that found another one serving."""
    return LOST_STATUS if owner in MANAGED else 0


def exit_status(owner: str, status: int) -> int:
    """Return the status as the manager must see it.

    launchd and the Task Scheduler start anew whatever did not exit with 0, so for them an end that
    no new start can cure is one with 0; the daemon's log and ``last_start.json`` have the reason.
    """
    return 0 if owner in ("launchd", "task") and status in FINAL_STATUSES else status
