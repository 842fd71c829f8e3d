"""What the daemon asks of the program, and what it is told: the two files, in one place.

Whoever writes a request needs this module and ``msgspec``, no SDK. Unknown fields are ignored, so a
program that was upgraded meanwhile reads an older request and the other way round; what one cannot
do without raises ``FORMAT``. Times are milliseconds since the epoch, UTC; money is US dollars.

Secrets never stand here: a provider names the environment variable that holds its key.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec

FORMAT: Final = 1
"""Raised when a reader of the old form would do the wrong thing."""

USAGE_FILE: Final = "usage.jsonl"
UNDO_FOLDER: Final = "undo"
"""Beside the answer: what was spent so far (``usage_lines``), and what files held before."""

EXIT_DONE: Final = 0
EXIT_FAILED: Final = 1
EXIT_PARKED: Final = 75
"""``EX_TEMPFAIL``. Any other status, or a signal, means that there is no answer."""

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Positive: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Dollars: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]

ProviderKind: TypeAlias = Literal["bedrock", "openai", "openai_compatible", "anthropic"]
"""Which wire format is spoken: Converse, Responses, Chat Completions, Messages."""

OutputKind: TypeAlias = Literal["files", "text"]

JOB_TYPES: Final[dict[str, OutputKind]] = {
    "write_file": "files",
    "code_task": "files",
    "test_gen": "files",
    "refactor": "files",
    "review": "text",
    "summarize": "text",
}
"""The types that have a prompt here, and what each of them returns. Others bring a ``Template``."""


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """Where models are asked, and how."""

    kind: ProviderKind
    base_url: str | None = None
    """Instead of the provider's own; needed by ``openai_compatible``."""
    key_env: str | None = None
    """The variable that holds the key. ``openai_compatible`` without one sends no key; ``bedrock``
    without one uses the AWS credential chain (variables, profile, files)."""
    region: str | None = None
    """Of ``bedrock``; else ``AWS_REGION``, ``AWS_DEFAULT_REGION`` or the profile's."""
    profile: str | None = None
    """Of ``bedrock``: a name from the AWS configuration files."""
    stream: bool = True
    """Off for a server that cannot stream: then a cut connection leaves no usage to count."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One model at one provider."""

    provider: str
    """A name in ``Request.providers``."""
    model: str
    """As the provider calls it."""
    reason: str = ""
    """Why it is in the list; for people."""

    @property
    def target(self) -> str:
        """The ``provider:model`` that tables and people write."""
        return f"{self.provider}:{self.model}"


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a model costs per million tokens; takes the place of the price list's."""

    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    cache_write: Dollars | None = None
    """Without one, tokens read from or written to a cache cost what other input does."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one job over all its routes. At a bound the job fails with ``limit_reached``."""

    cost_usd: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Looked at before each request, as are tokens and requests: the last response may go over it,
    by what ``max_tokens`` cost at most, and is not thrown away for that. Models whose price is
    unknown are not asked while there is such a bound."""
    tokens: Positive | None = None
    """Input and output together."""
    requests: Positive = 8
    """Sent to providers, whatever became of them."""
    seconds: Seconds = 1800.0
    """From the start of the program to the last byte of the last response."""
    request_seconds: Seconds = 900.0
    """One request, to the last byte of its response."""
    idle_seconds: Seconds = 180.0
    """Without a byte from the provider."""
    corrections: Count = 2
    """How often a model is told what is wrong with its output, and asked again."""
    context_file_bytes: Positive = 1024 * 1024
    context_bytes: Positive = 4 * 1024 * 1024
    """All context files together; a million tokens are about as much."""
    output_file_bytes: Positive = 1024 * 1024
    output_files: Positive = 50


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """The prompt of a type that a user defined."""

    system: str
    output: OutputKind


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One job. Paths are relative to ``workspace`` unless said otherwise."""

    format: int = FORMAT
    type: str
    """A name from ``JOB_TYPES``, or any with a ``template``."""
    spec: str
    """What is to be done, in the words of who enqueued it."""
    workspace: str
    """An absolute path. Nothing outside is read for the model, nothing outside is written."""
    output_path: str | None = None
    """The file that must be there in the end; a text is written to it, too."""
    context_files: tuple[str, ...] = ()
    template: Template | None = None
    steering_path: str | None = None
    """The project's rules, put before every system prompt; absolute, or in the workspace. Without
    one the first of ``AGENTS.md``, ``CLAUDE.md``, ``.clinerules`` in the workspace. Empty: none."""
    routes: Annotated[tuple[Route, ...], msgspec.Meta(min_length=1)]
    """Tried in this order; ``djobs_daemon.queue.routing`` makes it."""
    providers: dict[str, Provider]
    prices: dict[str, Price] = {}
    """By ``provider:model``."""
    max_tokens: Positive | None = None
    """Of one response; without it the most that the model can write."""
    limits: Limits = Limits()


class Code(StrEnum):
    """Why a job failed."""

    REQUEST_INVALID = "request_invalid"
    NOT_INSTALLED = "not_installed"
    CONTEXT_REFUSED = "context_refused"
    """A context file is not there, not text, too large, or outside of the workspace."""
    STEERING_REFUSED = "steering_refused"
    OUTPUT_REFUSED = "output_refused"
    """A file could not be written."""
    NO_CREDENTIALS = "no_credentials"
    CREDENTIALS_REJECTED = "credentials_rejected"
    QUOTA_EXCEEDED = "quota_exceeded"
    """Nothing is left to spend at the provider; unlike a rate limit, waiting does not help."""
    MODEL_NOT_FOUND = "model_not_found"
    PRICE_UNKNOWN = "price_unknown"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    PROVIDER_ERROR = "provider_error"
    """An answer of 5xx, or one that cannot be read."""
    UNREACHABLE = "unreachable"
    CONNECTION_CUT = "connection_cut"
    TIMED_OUT = "timed_out"
    REQUEST_REJECTED = "request_rejected"
    CONTEXT_TOO_LONG = "context_too_long"
    CONTENT_REFUSED = "content_refused"
    OUTPUT_INVALID = "output_invalid"
    OUTPUT_CUT = "output_cut"
    """The model wrote as much as it may and was not done."""
    LIMIT_REACHED = "limit_reached"
    INTERNAL = "internal"


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was written."""

    path: str
    bytes: Count
    sha256: str
    change: Literal["new", "changed", "same"]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a job has used so far, of all providers."""

    input_tokens: Count = 0
    """All of them, those read from or written to a cache too."""
    output_tokens: Count = 0
    cache_read_tokens: Count = 0
    cache_write_tokens: Count = 0
    requests: Count = 0
    """Sent, whatever became of them."""
    unmeasured_requests: Count = 0
    """Of those, the ones of which the provider did not say what they used, because they are under
    way or were cut off: it may charge for them."""
    cost_usd: float | None = 0.0
    """Of what was measured. None when the price of any part is unknown: never 0 instead."""


class RouteLeft(msgspec.Struct, frozen=True, kw_only=True):
    """A route that was tried and did not lead to the end."""

    provider: str
    model: str
    code: Code
    message: str
    parked_until_ms: int | None = None
    """When the provider may be asked again, where it said so or is overloaded."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a job."""

    format: int = FORMAT
    outcome: Literal["done", "failed", "parked"]
    """``parked``: every provider left is at its limit; no attempt was used up."""
    code: Code | None = None
    message: str = ""
    """One or two sentences: what happened, and what to do next."""
    parked_provider: str | None = None
    parked_until_ms: int | None = None
    """The earliest time at which asking again makes sense, and whom."""
    files: tuple[WrittenFile, ...] = ()
    text: str | None = None
    """The result of a type that returns text; of others, what the model says it did."""
    provider: str | None = None
    model: str | None = None
    """As the provider names the model that answered."""
    usage: Usage = Usage()
    price_version: str | None = None
    """Of the price list that ``cost_usd`` was computed with."""
    routes_left: tuple[RouteLeft, ...] = ()


File = TypeVar("File", Request, Answer)


def encode_request(request: Request) -> bytes:
    """Return the content of a request file."""
    return msgspec.json.encode(request)


def decode_request(content: bytes) -> Request:
    """Read a request file; ``msgspec.ValidationError`` or ``DecodeError`` says what is wrong."""
    return _of_this_format(msgspec.json.decode(content, type=Request))


def encode_answer(answer: Answer) -> bytes:
    """Return the content of an answer file."""
    return msgspec.json.encode(answer)


def decode_answer(content: bytes) -> Answer:
    """Read an answer file; raises as ``decode_request`` does."""
    return _of_this_format(msgspec.json.decode(content, type=Answer))


def _of_this_format(file: File) -> File:
    if file.format != FORMAT:
        raise msgspec.ValidationError(f"format {file.format} is not {FORMAT}, the one known here")
    return file
