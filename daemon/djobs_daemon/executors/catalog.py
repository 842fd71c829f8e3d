"""Which executor does which type of work."""

from collections.abc import Mapping

from djobs_daemon.executors.kinds import Executor
from djobs_daemon.executors.shell import ShellExecutor


def executors() -> Mapping[str, Executor]:
    """Return who does each type."""
    return {"shell": ShellExecutor()}
