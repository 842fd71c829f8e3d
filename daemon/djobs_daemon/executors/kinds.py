"""What a type of work must say so that the daemon can do it: one small interface."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from djobs_daemon.executors.orders import Order
from djobs_daemon.store.records import JobRow


class Refused(Exception):
    """The work cannot be begun as it stands, now or ever; the message says why and what to do."""


@dataclass(frozen=True)
class Surroundings:
    """What an executor may know of the daemon that runs its work."""

    instance: str
    """The daemon's own id of this start."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Of the daemon, which keeps little of its starter's."""


class Executor(Protocol):
    """Turns jobs of a type into commands."""

    def check(self, payload: Any) -> None:
        """Raise ``Refused`` for a payload that no run could come of: asked before it is stored."""

    def order(self, job: JobRow, around: Surroundings) -> Order:
        """Return what to run for a job; may look at the disk. Raises ``Refused``."""
