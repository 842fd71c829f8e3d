"""What the daemon asks of the program, and what it is told: the files of a run, in one place.

Unknown fields are ignored, so a program that was upgraded meanwhile reads an older request and the
other way round. Times are milliseconds since the epoch, UTC; money is US dollars. Secrets never
stand here: keys are variables of the program.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec

FORMAT: Final = 1
"""Raised when a reader of the old form would do the wrong thing."""

REQUEST_FILE: Final = "request.json"
ANSWER_FILE: Final = "answer.json"
SPENT_FILE: Final = "spent.json"
"""What was spent so far, whole after each turn: all that is known when the program is killed."""
STREAM_FILE: Final = "stream.jsonl"
"""What the CLI printed, as it printed it."""
DIFF_FILE: Final = "changes.diff"
CONTENTS_FOLDER: Final = "changes"
"""The new content of change number N, as the file ``N``."""
TREE_FOLDER: Final = "tree"
"""Where the agent works. Gone when the program has ended by itself."""
GIT_FOLDER: Final = "snapshots"

EXIT_DONE: Final = 0
EXIT_FAILED: Final = 1
EXIT_PARKED: Final = 75
"""``EX_TEMPFAIL``. Any other status, or a signal, means that there is no answer."""

MAX_TURNS_DEFAULT: Final = 20
IDLE_SECONDS_DEFAULT: Final = 600.0
COPY_FILES_MAX: Final = 20_000
COPY_BYTES_MAX: Final = 512 * 1024 * 1024
STREAM_BYTES_MAX: Final = 64 * 1024 * 1024

Positive: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=86_400)]

StreamKind: TypeAlias = Literal["claude", "codex", "text"]
"""How the CLI tells what it does: ``claude -p --output-format stream-json``, ``codex exec --json``,
or in lines of which nothing but the exit status is understood."""

Outcome: TypeAlias = Literal["done", "failed", "parked", "stopped"]


ChangeKind: TypeAlias = Literal["new", "changed", "deleted", "other"]
"""``other``: a link, a repository, a file too large, a name not Unicode; shown, never applied."""


class Code(StrEnum):
    """Why a job is not done."""

    LAYOUT_REFUSED = "layout_refused"
    """The workspace could not be copied."""
    NOT_STARTED = "not_started"
    """The CLI could not be executed."""
    SANDBOX = "sandbox"
    """The sandbox was not entered."""
    AT_LIMIT = "at_limit"
    """The provider is at its limit or overloaded."""
    TURN_LIMIT = "turn_limit"
    TOKEN_LIMIT = "token_limit"
    COST_LIMIT = "cost_limit"
    HUNG = "hung"
    """Nothing was heard of the CLI for too long."""
    AGENT_FAILED = "agent_failed"
    """The CLI says so itself."""
    NO_RESULT = "no_result"
    """The CLI ended without saying how."""
    STOPPED = "stopped"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one run of an agent; at a bound the CLI is ended, not asked to."""

    max_turns: Positive = MAX_TURNS_DEFAULT
    """Answers of the model; of ``codex``, which does not tell them, messages and tool calls."""
    idle_seconds: Seconds = IDLE_SECONDS_DEFAULT
    """Without a line from the CLI."""
    tokens: Positive | None = None
    cost_usd: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One job."""

    argv: tuple[str, ...]
    """The CLI, inside its sandbox if there is one."""
    workspace: str
    """An absolute path, which is read and never written."""
    tree: str
    """An empty folder."""
    cwd: str
    """``tree``, or the workspace's place in it, as in its repository; ``argv`` goes there."""
    prompt: str
    """Given on stdin: it may be long, and begin with a dash."""
    stream: StreamKind
    model: str = ""
    """As the job named it; for what is spent where the stream names none."""
    limits: Limits = Limits()
    status_fd: int | None = None
    """A descriptor on which the sandbox says that it was entered."""
    entered: str = ""
    """What it says then."""
    format: int = FORMAT


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one model was paid for."""

    provider: str
    model: str
    tokens_in: int = 0
    """All of them, those from a cache too."""
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: float | None = None
    """None when the price is not known: never 0 instead."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One file that the agent left otherwise than it was in the workspace."""

    path: str
    """Relative to the workspace."""
    kind: ChangeKind
    before_sha256: str | None = None
    after_sha256: str | None = None
    mode: int | None = None
    """Permission bits of the new content: 0o644 or 0o755; None keeps what is there."""
    bytes: int = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a job."""

    outcome: Outcome
    code: str = ""
    """A ``Code``, unless done."""
    message: str = ""
    text: str = ""
    """The agent's last words."""
    turns: int = 0
    session: str = ""
    """The CLI's own id of the conversation."""
    parked_until_ms: int | None = None
    spent: tuple[Spent, ...] = ()
    changes: tuple[Change, ...] = ()
    format: int = FORMAT


T = TypeVar("T", Request, Answer)


def encode(value: msgspec.Struct) -> bytes:
    """Return a request or an answer as JSON."""
    return msgspec.json.encode(value)


def decode_request(raw: bytes) -> Request:
    """Return a request; ``msgspec.MsgspecError`` or ``ValueError`` when it is none of this form."""
    return _of_this_format(msgspec.json.decode(raw, type=Request))


def decode_answer(raw: bytes) -> Answer:
    """Return an answer; ``msgspec.MsgspecError`` or ``ValueError`` when it is none."""
    return _of_this_format(msgspec.json.decode(raw, type=Answer))


def decode_spent(raw: bytes) -> tuple[Spent, ...]:
    """Return what was spent; ``msgspec.MsgspecError`` when it cannot be read."""
    return msgspec.json.decode(raw, type=tuple[Spent, ...])


def _of_this_format(value: T) -> T:
    if value.format != FORMAT:
        raise ValueError(f"format {value.format} is not {FORMAT}")
    return value
