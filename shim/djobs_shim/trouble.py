"""Why there is no daemon to talk to: a code, a sentence for the client's log, an exit status.

Codes are the values of ``djobs_protocol.errors.ErrorCode``. They are repeated here as text, because
the hot path cannot afford ``enum``; a test holds the two together.
"""

UNRESPONSIVE = "unresponsive"
STOPPED_BY_USER = "stopped_by_user"
NEEDS_A_PERSON = frozenset({STOPPED_BY_USER, "db_corrupt"})
"""Waiting helps nobody: only a person can have the daemon back."""

TEMPORARY_STATUS = 75
"""EX_TEMPFAIL of sysexits(3): the daemon is away, and may be back for the next try."""

PASSING = frozenset({UNRESPONSIVE, "busy", "draining", "deadline_exceeded"})
"""Worth waiting for even before the first welcome. Anything else will still be so in 10 s."""
KILLED = "killed"
"""The stage of a start that somebody else ended; the next one may be let live."""


class Trouble:
    """One reason."""

    __slots__ = ("code", "passing", "status", "text")

    def __init__(self, code: str, text: str, status: int, stage: str = "") -> None:
        self.code = code
        self.text = text
        self.status = status
        self.passing = code in PASSING or stage == KILLED
        """Whether it may be over in a moment."""


class Leave(Exception):
    """The relay is over."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def of_error(error: Exception) -> Trouble:
    """Return any failure as trouble, a ``DjobsError`` with what to do next."""
    if isinstance(
        error, ImportError | SyntaxError
    ):  # the package is being replaced, or its disk is gone
        return Trouble("start_failed", f"djobs cannot be loaded: {error}.", 71)
    from djobs_protocol.errors import DjobsError  # only when something is wrong

    if isinstance(error, DjobsError):
        text, stage = f"{error.message} {error.hint}", str(error.data.get("stage", ""))
        return Trouble(str(error.code), text, error.exit_status, stage)
    return Trouble("internal", f"djobs-mcp failed: {error!r}.", 70)


def of_connect(error: OSError, path: str) -> Trouble:
    """Return why a socket that is there could not be connected to (R2, R42)."""
    if isinstance(error, PermissionError):
        text = f"Not permitted to connect to {path}. If this runs in a sandbox, allow that path."
        return Trouble("permission", text, 77)
    text = f"The daemon does not accept at {path}: {error.strerror}."
    return Trouble(UNRESPONSIVE, text, TEMPORARY_STATUS)
