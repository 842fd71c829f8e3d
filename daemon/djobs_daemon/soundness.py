"""The whole database, read through once after ``ready``; damage ends the daemon (R7).

A start that read all of a large file would grow slower with every job. Serving a damaged one for
the seconds this takes loses nothing: what is damaged is refused when it is touched.
"""

import logging

from djobs_daemon import damage_record
from djobs_daemon.app import App
from djobs_daemon.caretaker import Caretaker
from djobs_daemon.failpoints import failpoint
from djobs_daemon.start_failure import record_crash
from djobs_protocol.errors import DjobsError

log = logging.getLogger(__name__)


async def check_once(app: App, store: Caretaker) -> None:
    """Read it through; stop the daemon if it is damaged, so that nothing more is built on it."""
    failpoint("core.soundness")
    try:
        failpoint("soundness.read")
        damage = await store.find_damage()
    except (OSError, DjobsError) as error:
        log.error("The database could not be read through.", extra={"error": str(error)})
        return
    if damage is not None:
        _stop(app, damage)


def _stop(app: App, damage: DjobsError) -> None:
    log.critical("Stopping, because the database is damaged.", extra={"reason": damage.message})
    path, state = app.settings.db_path, app.instance.home
    try:
        damage_record.write(state, path, damage.message)
    except OSError as error:  # the next daemon finds it as this one did
        log.error("The damage could not be recorded.", extra={"error": str(error)})
    reason = f"{damage.message} {damage.hint}"
    record_crash(state, app.instance.owner, reason, damage.code, path)
    app.problems["db_corrupt"] = reason
    app.request_stop(damage.message, damage.exit_status)
