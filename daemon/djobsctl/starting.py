"""Starting the daemon because a person said so."""

from djobs_local.attempts import forget_attempts
from djobs_local.call import connect
from djobs_local.folders import prepare_state, refuse_real_home
from djobs_local.presence import Kind, look
from djobs_local.start import Terms, ensure_running
from djobs_local.stop_mark import clear_stop_mark
from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.daemon import STARTING, WAITING, WHO
from djobsctl.turn import turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobsctl.talk import Talk

ROUNDS_MAX = 3
"""Daemons that may come and go between a start and the question who it is."""


def start(home: str, talk: "Talk", *, now: bool) -> "dict[str, Any]":
    """Make it run, in turn with other commands, and return who it is."""
    refuse_real_home(home)
    prepare_state(home)
    with turn(home):
        return start_in_turn(home, talk, now=now)


def start_in_turn(home: str, talk: "Talk", *, now: bool) -> "dict[str, Any]":
    """Make it run and return who it is. ``now`` forgets earlier failures and their back-off.

    A stop mark is lifted: whoever starts it by hand wants it to run.
    """
    from djobs_local import settings

    limits = settings.load(home)
    seen = look(home)
    already = seen.kind is Kind.SERVING
    clear_stop_mark(home)
    if now:
        forget_attempts(home)
    for left in reversed(range(ROUNDS_MAX)):
        with talk.waiting(WAITING if seen.running else STARTING):
            ensure_running(
                home,
                limits.start_timeout_seconds,
                WHO,
                Terms(ignore_stop_mark=True, backoff_max_seconds=limits.start_backoff_max_seconds),
            )
        try:
            return {"started": not already, **_identity(home)}
        except DjobsError as error:
            if error.code is not ErrorCode.UNAVAILABLE or not left:
                raise
    raise AssertionError("the last round returns or raises")


def _identity(home: str) -> "dict[str, Any]":
    with connect(home, spawn=False) as connection:
        welcome = connection.welcome
    names = ("pid", "instance", "build", "started_at", "database")
    return {"home": home, **{name: welcome.get(name) for name in names}}
