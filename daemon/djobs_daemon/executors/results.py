"""What a runner wrote down about the end of its run."""

from enum import StrEnum

import msgspec


class End(StrEnum):
    """Why a run ended."""

    EXITED = "exited"
    """By itself: see ``exit_code`` and ``signal``."""
    STOPPED = "stopped"
    """Somebody stopped it; see ``stopped_by``."""
    DURATION = "duration"
    """Its ``max_duration_ms`` was over."""
    LAUNCH_FAILED = "launch_failed"
    """Nothing was executed; see ``failure``."""


class LaunchFailure(msgspec.Struct, frozen=True):
    """Why the command was not executed."""

    step: str
    """``process``, ``stdin``, ``status``, ``umask``, ``cwd``, ``limits`` or ``program``."""
    errno: int
    """The system's number, or 0."""
    text: str


class Stream(msgspec.Struct, frozen=True):
    """What became of one stream of output."""

    total_bytes: int
    """All that was printed; the offset of the stream's end."""
    dropped_bytes: int = 0
    """Of these, what the disk would not take; what the caps took away is not counted."""
    error: str = ""
    """Why, the last time."""


class Result(msgspec.Struct, frozen=True):
    """How a run ended. Times of day are milliseconds since the epoch."""

    end: End
    exit_code: int | None
    signal: int | None
    """The signal that ended the command; exactly one of these two, unless the launch failed, or a
    killed process would not go."""
    failure: LaunchFailure | None
    started_ms: int
    ended_ms: int
    elapsed_ms: int
    """Awake time between the two, pauses included."""
    core_dumped: bool = False
    stopped_by: str = ""
    """``order``: by whoever asked; ``signal``: SIGTERM to the runner, as at a shutdown."""
    killed: bool = False
    """Whether the grace ran out."""
    paused_ms: int = 0
    cpu_user_ms: int = 0
    cpu_system_ms: int = 0
    """Of all processes that the runner collected."""
    max_rss_bytes: int = 0
    """Of the largest process; never below the runner's own, which each begins as a copy of."""
    survivors: tuple[int, ...] = ()
    """Pids that are still there: the first of ``survivor_count``."""
    survivor_count: int = 0
    log: dict[str, Stream] = {}
    """By stream: ``out``, and ``err`` if kept apart."""

    @property
    def busy_ms(self) -> int:
        """Awake time, pauses left out."""
        return max(self.elapsed_ms - self.paused_ms, 0)


def decode(raw: bytes) -> Result | None:
    """Return a result; None when it is none, for whatever reason."""
    try:
        return msgspec.json.decode(raw, type=Result)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
