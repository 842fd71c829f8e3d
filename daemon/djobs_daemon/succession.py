"""Becoming the code of an installation, without a moment in which nobody serves (R17).

The old daemon has drained and closed its store when this runs. The process stays the same, so its
locks, its listening socket with all who wait in its queue, and its place under a service manager
stay too; its successor finds them by ``--inherit``.
"""

import logging
import os

from djobs_daemon import binding
from djobs_daemon.binding import Binding
from djobs_daemon.boot import Boot
from djobs_daemon.core import CRASH_STATUS
from djobs_daemon.failpoints import failpoint
from djobs_daemon.heritage import Heritage
from djobs_daemon.program import Program
from djobs_daemon.supervision import NOTIFY_VARIABLE

log = logging.getLogger(__name__)


def succeed(boot: Boot, heir: Binding, program: Program) -> int:
    """Become the successor. Returns, with an exit status, only if there is none.

    Then the locks go with the process, and whoever comes next starts a daemon as after any end.
    """
    heritage = Heritage(
        boot.locks[0].fd, boot.locks[1].fd, boot.database_lock.fd, heir.sock.fileno()
    )
    options = ["--owner", boot.options.owner, "--inherit", heritage.as_option()]
    if boot.options.detach:
        options.insert(0, "--detach")
    try:
        failpoint("succession.exec")
        heritage.hand_on(True)
        words = program.command(*options)
        os.execve(words[0], words, _environment(boot))
    except Exception as error:
        log.critical("The handover failed.", exc_info=error)
    heritage.hand_on(False)
    binding.release(heir)
    boot.record.remove()
    return CRASH_STATUS


def _environment(boot: Boot) -> dict[str, str]:
    address = boot.start.pipe.address
    return {**os.environ, **({NOTIFY_VARIABLE: address} if address else {})}
