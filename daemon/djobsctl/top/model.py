"""What ``top`` knows: the state of the screen, what happens to it, and what it wants done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Mode: TypeAlias = Literal["list", "filter", "confirm", "page"]


@dataclass(frozen=True)
class Row:
    """A job as a line of the list."""

    id: str
    state: str
    type: str
    managed_by: str
    since: str
    """RFC 3339: when it started, ended or, of one that waits, was enqueued."""
    who: str = ""
    notes: str = ""
    what: str = ""
    lease_expires_at: str = ""
    paused: bool = False

    @property
    def is_open(self) -> bool:
        """Say whether it has not ended."""
        return self.state in ("pending", "running", "retry_scheduled")

    def matches(self, text: str) -> bool:
        """Say whether a filter lets it through."""
        parts = (self.id, self.state, self.type, self.who, self.notes, self.what)
        return text.casefold() in " ".join(parts).casefold()


@dataclass(frozen=True)
class Board:
    """What the daemon said last."""

    status: Mapping[str, Any] = field(default_factory=dict)
    overview: Mapping[str, Any] = field(default_factory=dict)
    agents: Sequence[Mapping[str, Any]] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class State:
    """All that the screen depends on."""

    columns: int
    lines: int
    now: float
    board: Board = Board()
    away: str = "Looking for the daemon ..."
    """Why there is nothing new; empty while a daemon answers."""
    mode: Mode = "list"
    selected: str = ""
    asked_about: str = ""
    """The job that is to be cancelled, whatever is selected by the time of the answer."""
    top_row: int = 0
    filter: str = ""
    log_of: str = ""
    log: tuple[str, ...] = ()
    message: str = ""
    is_bad: bool = False
    """The message says that something was refused."""
    page_title: str = ""
    page: tuple[str, ...] = ()
    page_top: int = 0
    is_log_page: bool = False
    """The page is the log of the selected job, and follows it."""


@dataclass(frozen=True)
class Key:
    """A key was pressed: a character, or the name of one that has none."""

    name: str


@dataclass(frozen=True)
class Seen:
    """The daemon was asked, and answered."""

    board: Board


@dataclass(frozen=True)
class Away:
    """No daemon answers."""

    reason: str


@dataclass(frozen=True)
class LogRead:
    """The end of what a job printed."""

    job_id: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Paged:
    """Something to read."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What became of an order."""

    text: str
    is_bad: bool = False


@dataclass(frozen=True)
class Ticked:
    """Time has gone on."""

    now: float


@dataclass(frozen=True)
class Resized:
    """The terminal has another size."""

    columns: int
    lines: int


Event: TypeAlias = Key | Seen | Away | LogRead | Paged | Told | Ticked | Resized


@dataclass(frozen=True)
class Act:
    """Change a job."""

    what: Literal["retry", "cancel", "pause", "resume"]
    job_id: str


@dataclass(frozen=True)
class Open:
    """Show all of a job, and why it is not running."""

    job_id: str


@dataclass(frozen=True)
class ReadLog:
    """Read the end of what a job printed."""

    job_id: str


@dataclass(frozen=True)
class Quit:
    """End."""


Order: TypeAlias = Act | Open | ReadLog | Quit
