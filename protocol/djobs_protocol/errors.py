"""Every error a caller can meet. One enum, one catalogue, the same codes through every door.

A code's number on the wire (JSON-RPC ``error.code``) and its ``djobsctl`` exit status stand in the
catalogue, so no door invents its own. Standard library only: ``djobsctl`` starts without msgspec.
"""

from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:  # ``typing`` costs ``djobsctl`` a tenth of its start
    from typing import Any, Final


class ErrorCode(StrEnum):
    """What went wrong; sent as its value in ``error.data.code``."""

    # The message itself
    PARSE_ERROR = "parse_error"
    INVALID_REQUEST = "invalid_request"
    UNKNOWN_METHOD = "unknown_method"
    INVALID_PARAMS = "invalid_params"
    FRAME_TOO_LARGE = "frame_too_large"
    INTERNAL = "internal"
    # The job
    JOB_NOT_FOUND = "job_not_found"
    JOB_GONE = "job_gone"
    ALREADY_FINISHED = "already_finished"
    NOT_HOLDER = "not_holder"
    ILLEGAL_TRANSITION = "illegal_transition"
    UNKNOWN_DEPENDENCY = "unknown_dependency"
    DEPENDENCY_CYCLE = "dependency_cycle"
    STALE_GENERATION = "stale_generation"
    CONFLICT = "conflict"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    REQUEST_REUSED = "request_reused"
    TOO_LARGE = "too_large"
    VERIFICATION_FAILED = "verification_failed"
    # The daemon
    UNAVAILABLE = "unavailable"
    UNRESPONSIVE = "unresponsive"
    BUSY = "busy"
    DRAINING = "draining"
    START_FAILED = "start_failed"
    STOPPED_BY_USER = "stopped_by_user"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    PROTOCOL_MISMATCH = "protocol_mismatch"
    NOT_SUPPORTED = "not_supported"
    CONFIG_INVALID = "config_invalid"
    PERMISSION = "permission"
    # What a job may do
    COMMAND_REFUSED = "command_refused"
    SANDBOX_UNAVAILABLE = "sandbox_unavailable"
    SANDBOX_FAILED = "sandbox_failed"
    PATH_REFUSED = "path_refused"
    # The data
    STORAGE_FULL = "storage_full"
    STORAGE_FAILED = "storage_failed"
    DB_CORRUPT = "db_corrupt"
    DB_NEWER = "db_newer"
    DB_FOREIGN = "db_foreign"
    DB_REPLACED = "db_replaced"
    WRONG_DATABASE = "wrong_database"


class ErrorEntry:
    """One line of the catalogue."""

    __slots__ = ("exit", "hint", "meaning", "rpc")

    def __init__(self, rpc: int, exit: int, meaning: str, hint: str) -> None:
        self.rpc = rpc
        """JSON-RPC 2.0 number: the reserved ones where they fit, else below -32000."""
        self.exit = exit
        """``djobsctl`` exit status, after sysexits(3)."""
        self.meaning = meaning
        self.hint = hint
        """What to do next; may name a command."""


CATALOGUE: "Final[dict[ErrorCode, ErrorEntry]]" = {
    ErrorCode.PARSE_ERROR: ErrorEntry(
        -32700, 76, "The line is not valid JSON.", "Send one JSON object per line, UTF-8, no BOM."
    ),
    ErrorCode.INVALID_REQUEST: ErrorEntry(
        -32600, 76, "The JSON is not a JSON-RPC 2.0 request.", "See `djobsctl schema`."
    ),
    ErrorCode.UNKNOWN_METHOD: ErrorEntry(
        -32601, 76, "No such method.", "The hello's capabilities list the methods."
    ),
    ErrorCode.INVALID_PARAMS: ErrorEntry(
        -32602, 2, "The arguments are wrong.", "Correct what the message names."
    ),
    ErrorCode.FRAME_TOO_LARGE: ErrorEntry(
        -32010,
        2,
        "One message is over FRAME_BYTES_MAX.",
        "Store large data in a file, send its path.",
    ),
    ErrorCode.INTERNAL: ErrorEntry(
        -32603,
        70,
        "A fault in djobs itself.",
        "`djobsctl logs` has the traceback; please report it.",
    ),
    ErrorCode.JOB_NOT_FOUND: ErrorEntry(
        -32020, 1, "No job has that id.", "List the jobs with list_tasks or `djobsctl list`."
    ),
    ErrorCode.JOB_GONE: ErrorEntry(
        -32021, 1, "The job existed and was removed.", "Its id is never used again."
    ),
    ErrorCode.ALREADY_FINISHED: ErrorEntry(
        -32022, 1, "The job has ended; its outcome stands.", "Nothing to do; check_task shows it."
    ),
    ErrorCode.NOT_HOLDER: ErrorEntry(
        -32023, 1, "Another session holds the job's lease.", "Work on another job, or wait."
    ),
    ErrorCode.ILLEGAL_TRANSITION: ErrorEntry(
        -32024, 1, "A job in this state cannot do that.", "check_task shows the state."
    ),
    ErrorCode.UNKNOWN_DEPENDENCY: ErrorEntry(
        -32025, 1, "depends_on names a job that does not exist.", "Enqueue that job first."
    ),
    ErrorCode.DEPENDENCY_CYCLE: ErrorEntry(
        -32029, 1, "Jobs would wait for each other.", "Leave out one of the dependencies named."
    ),
    ErrorCode.STALE_GENERATION: ErrorEntry(
        -32030, 1, "The claim is no longer the current one.", "Claim the job anew, or leave it."
    ),
    ErrorCode.CONFLICT: ErrorEntry(
        -32031, 1, "Somebody else changed it meanwhile.", "Look at it again, then decide."
    ),
    ErrorCode.IDEMPOTENCY_CONFLICT: ErrorEntry(
        -32026, 1, "The key belongs to a different job.", "Use another idempotency_key."
    ),
    ErrorCode.REQUEST_REUSED: ErrorEntry(
        -32027, 76, "The session used this request id for another request.", "Count ids upwards."
    ),
    ErrorCode.TOO_LARGE: ErrorEntry(
        -32028, 2, "A value is over its limit.", "Store large data in a file, send its path."
    ),
    ErrorCode.VERIFICATION_FAILED: ErrorEntry(
        -32032,
        1,
        "A check of the job did not pass, so it has not succeeded.",
        "Mend what the check names, then complete it again; the job is still yours.",
    ),
    ErrorCode.UNAVAILABLE: ErrorEntry(
        -32040, 69, "No daemon is running and none may be started.", "Run `djobsctl start`."
    ),
    ErrorCode.UNRESPONSIVE: ErrorEntry(
        -32041,
        75,
        "The daemon is alive but does not answer.",
        "Wait, or look at `djobsctl status`; `djobsctl stop --force` ends it.",
    ),
    ErrorCode.BUSY: ErrorEntry(
        -32042, 75, "The daemon has CONNECTIONS_MAX connections.", "Try again in a moment."
    ),
    ErrorCode.DRAINING: ErrorEntry(
        -32043, 75, "The daemon is stopping and takes no new work.", "Try again in a moment."
    ),
    ErrorCode.START_FAILED: ErrorEntry(
        -32044, 71, "The daemon did not start.", "`djobsctl status` shows the reason."
    ),
    ErrorCode.STOPPED_BY_USER: ErrorEntry(
        -32045, 79, "The daemon was stopped on purpose.", "Run `djobsctl start` to use it again."
    ),
    ErrorCode.DEADLINE_EXCEEDED: ErrorEntry(
        -32046, 124, "The request's deadline passed.", "Ask again; a write may still have happened."
    ),
    ErrorCode.PROTOCOL_MISMATCH: ErrorEntry(
        -32047, 76, "The two sides share no protocol version.", "Run `djobsctl restart`."
    ),
    ErrorCode.NOT_SUPPORTED: ErrorEntry(
        -32048, 69, "This platform is not supported yet.", "Linux and macOS are."
    ),
    ErrorCode.CONFIG_INVALID: ErrorEntry(
        -32049, 78, "A setting is wrong.", "`djobsctl config` names every setting."
    ),
    ErrorCode.PERMISSION: ErrorEntry(
        -32050,
        77,
        "A path or a peer is not this user's own.",
        "Nothing was touched. Mend what the message names.",
    ),
    ErrorCode.COMMAND_REFUSED: ErrorEntry(
        -32070, 77, "A rule of the type refuses the command.", "Use a command that is allowed."
    ),
    ErrorCode.SANDBOX_UNAVAILABLE: ErrorEntry(
        -32071,
        69,
        "Nothing on this machine enforces the sandbox that the type requires.",
        "`djobsctl status` says what was tried.",
    ),
    ErrorCode.SANDBOX_FAILED: ErrorEntry(
        -32072,
        71,
        "The sandbox could not be entered; nothing of the command was executed.",
        "The job may run again as it is; its log has what the sandbox said.",
    ),
    ErrorCode.PATH_REFUSED: ErrorEntry(
        -32073, 77, "A path leads out of its folder, or may not be written.", "Use another path."
    ),
    ErrorCode.STORAGE_FULL: ErrorEntry(
        -32060, 74, "The disk is full; nothing was written.", "Free space; no restart is needed."
    ),
    ErrorCode.STORAGE_FAILED: ErrorEntry(
        -32061,
        74,
        "The database could not be written or read.",
        "`djobsctl db verify` looks closer.",
    ),
    ErrorCode.DB_CORRUPT: ErrorEntry(
        -32062,
        65,
        "The database file is damaged; it was not touched.",
        "`djobsctl help db verify` says how to restore a backup.",
    ),
    ErrorCode.DB_NEWER: ErrorEntry(
        -32063, 65, "A newer djobs wrote the database.", "Upgrade djobs; nothing was changed."
    ),
    ErrorCode.DB_FOREIGN: ErrorEntry(
        -32064, 65, "The file is not a djobs database.", "Point DJOBS_DB_PATH elsewhere."
    ),
    ErrorCode.DB_REPLACED: ErrorEntry(
        -32065, 65, "The database file was replaced under the daemon.", "Run `djobsctl restart`."
    ),
    ErrorCode.WRONG_DATABASE: ErrorEntry(
        -32066, 80, "The daemon serves another database.", "Check DJOBS_HOME and DJOBS_DB_PATH."
    ),
}

_BY_RPC: "Final" = {entry.rpc: code for code, entry in CATALOGUE.items()}


class DjobsError(Exception):
    """An error with a code, one sentence of what happened, and what to do next.

    ``data`` holds plain JSON values that a program can use (ids, limits, the holder).
    """

    def __init__(self, code: ErrorCode, message: str | None = None, **data: "Any") -> None:
        self.code = code
        self.message = CATALOGUE[code].meaning if message is None else message
        self.data = data
        super().__init__(self.message)

    @property
    def hint(self) -> str:
        """What to do next: the error's own hint, else the catalogue's."""
        return str(self.data.get("hint", CATALOGUE[self.code].hint))

    @property
    def exit_status(self) -> int:
        """The ``djobsctl`` exit status."""
        return CATALOGUE[self.code].exit

    def as_wire(self) -> "dict[str, Any]":
        """Return the JSON-RPC 2.0 error object."""
        return {
            "code": CATALOGUE[self.code].rpc,
            "message": self.message,
            "data": {**self.data, "code": str(self.code), "hint": self.hint},
        }

    @classmethod
    def from_wire(cls, error: "dict[str, Any]") -> "DjobsError":
        """Rebuild the error from a JSON-RPC 2.0 error object, tolerant of newer codes."""
        raw, number = error.get("data"), error.get("code")
        data = dict(raw) if isinstance(raw, dict) else {}
        try:
            code = ErrorCode(data.pop("code", None))
        except ValueError:
            known = _BY_RPC.get(number) if isinstance(number, int) else None
            code = known or ErrorCode.INTERNAL
        rebuilt = cls(code, str(error.get("message", "")))
        rebuilt.data = data  # not as keywords: a peer may have chosen any names
        return rebuilt
