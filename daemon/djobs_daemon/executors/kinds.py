"""What a type of work must say so that the daemon can do it: one small interface."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, get_type_hints

import msgspec

from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.orders import Order
from djobs_daemon.store.records import JobRow

T = TypeVar("T", bound=msgspec.Struct)


class Refused(Exception):
    """The work cannot be begun as it stands, now or ever; the message says why and what to do."""


class NotNow(Exception):
    """The work cannot be begun before a time; that costs no attempt."""

    def __init__(self, why: str, until_ms: int) -> None:
        super().__init__(why)
        self.until_ms = until_ms
        """Milliseconds since the epoch."""


@dataclass(frozen=True)
class Surroundings:
    """What an executor may know of the daemon that runs its work."""

    instance: str
    """The daemon's own id of this start."""
    home: str = ""
    """The daemon's folder."""
    database: str = ""
    """The database file, which may lie elsewhere."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Of the daemon, which keeps little of its starter's."""
    wall_ms: Callable[[], int] = lambda: 0
    """The time of day."""


@dataclass(frozen=True)
class Prepared:
    """A command, and the files that are to lie in its run's folder before it begins."""

    order: Order
    files: Mapping[str, bytes] = field(default_factory=dict)


class Executor(Protocol):
    """Turns jobs of a type into commands, and their ends into what becomes of the jobs.

    ``prepare`` and ``end`` may look at the disk: they are called on a thread of their own.
    """

    def check(self, payload: Any) -> None:
        """Raise ``Refused`` for a payload that no run could come of: asked before it is stored."""

    def prepare(self, job: JobRow, around: Surroundings, folder: str) -> Prepared:
        """Return what to run for a job, in a run with that folder.

        Raises ``Refused`` or ``NotNow``.
        """

    def end(self, ending: Ending) -> Settlement:
        """Return what becomes of a job whose run is settled."""


def read_payload(payload: Any, shape: type[T], what: str) -> T:
    """Return a payload as an executor's own struct; raise ``Refused`` that says what it is not.

    Where the executor takes text, a ``spec`` of several words is their text.
    """
    try:
        return msgspec.convert(_with_text(payload, shape), shape)
    except msgspec.ValidationError as error:
        raise Refused(f"The payload is no {what}: {error}.") from None


def _with_text(payload: Any, shape: type[msgspec.Struct]) -> Any:
    words = payload.get("spec") if isinstance(payload, dict) else None
    takes_text = get_type_hints(shape).get("spec") is str
    if takes_text and isinstance(words, list) and all(isinstance(word, str) for word in words):
        return {**payload, "spec": " ".join(words)}
    return payload
