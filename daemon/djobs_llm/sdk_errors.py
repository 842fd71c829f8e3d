"""What an exception of the SDKs means: one of our codes, a sentence, and when to ask again."""

from typing import Final

from pydantic_ai import exceptions as sdk

from djobs_llm.contract import Code
from djobs_llm.failure import VERDICTS, JobFailed
from djobs_llm.reset_times import reset_at

BODY_CHARS_MAX: Final = 600
"""Of what a provider says about an error."""

CODES: Final[tuple[tuple[type[Exception], Code], ...]] = (
    (sdk.ModelQuotaExceededError, Code.QUOTA_EXCEEDED),
    (sdk.ModelRateLimitError, Code.RATE_LIMITED),
    (sdk.ModelUnavailableError, Code.OVERLOADED),
    (sdk.ModelServerError, Code.PROVIDER_ERROR),
    (sdk.ModelTimeoutError, Code.TIMED_OUT),
    (sdk.ModelRequestTimeout, Code.TIMED_OUT),
    (sdk.ModelAuthenticationError, Code.CREDENTIALS_REJECTED),
    (sdk.ModelNotFoundError, Code.MODEL_NOT_FOUND),
    (sdk.ModelContextWindowExceededError, Code.CONTEXT_TOO_LONG),
    (sdk.ModelRequestRejectedError, Code.REQUEST_REJECTED),
    (sdk.ContentFilterError, Code.CONTENT_REFUSED),
    (sdk.OutputTokenLimitExceeded, Code.OUTPUT_CUT),
)
"""The first that fits counts: classes stand before those they are derived from."""

SAID: Final[dict[Code, str]] = {
    Code.NO_CREDENTIALS: "The credentials cannot be used.",
    Code.QUOTA_EXCEEDED: "Nothing is left to spend there; top up the account.",
    Code.RATE_LIMITED: "A rate limit is reached.",
    Code.OVERLOADED: "The provider is overloaded.",
    Code.PROVIDER_ERROR: "The provider failed, or its answer cannot be read.",
    Code.UNREACHABLE: "No connection could be made; look at the network and the base_url.",
    Code.CONNECTION_CUT: "The connection broke off before the answer was complete.",
    Code.TIMED_OUT: "The answer took too long; limits.request_seconds and idle_seconds bound it.",
    Code.CREDENTIALS_REJECTED: "The key was not accepted, or may not use this model.",
    Code.MODEL_NOT_FOUND: "The provider does not have this model.",
    Code.CONTEXT_TOO_LONG: "The job is too long for this model; set large_context, "
    "or give it fewer context files.",
    Code.REQUEST_REJECTED: "The provider rejects the request.",
    Code.CONTENT_REFUSED: "The model refused to answer, or its provider filtered the content.",
    Code.OUTPUT_CUT: "The model wrote as much as it may and was not done; raise max_tokens, "
    "or make the job smaller.",
}


def as_failure(error: Exception, now: int) -> JobFailed:
    """Return what an exception from asking a model means; ``now`` is in ms."""
    code = _code(error)
    message = SAID[code]
    body = _body(error)
    if body:
        message = f"{message} It says: {body}"
    return JobFailed(
        code, message, parked_until_ms=_parked_until(code, error, now), charged=_charged(error)
    )


def _code(error: Exception) -> Code:
    for kind, code in CODES:
        if isinstance(error, kind):
            if code is Code.TIMED_OUT and getattr(error, "phase", None) == "connect":
                return Code.UNREACHABLE
            return code
    if isinstance(error, sdk.ModelConnectionError):
        cut = error.in_stream or error.phase in ("read", "write") or _broke_off(error)
        return Code.CONNECTION_CUT if cut else Code.UNREACHABLE
    if not isinstance(error, sdk.AgentRunError) and "BotoCoreError" in _classes(error):
        return Code.NO_CREDENTIALS  # before anything was sent: a profile, a login that is over
    return Code.PROVIDER_ERROR


def _broke_off(error: BaseException) -> bool:
    """Say whether there was a connection; the classes of botocore and urllib3 tell by their names.

    Importing them for this would load an SDK that the job may not use.
    """
    return bool(_classes(error) & {"ConnectionClosedError", "ProtocolError", "RemoteProtocolError"})


def _classes(error: BaseException | None) -> set[str]:
    """Return the names of the classes of an error and of what caused it."""
    names: set[str] = set()
    while error is not None:
        names.update(each.__name__ for each in type(error).__mro__)
        error = error.__cause__
    return names


def _charged(error: Exception) -> bool:
    """Say whether the request may cost something: it was sent, and not refused outright."""
    if isinstance(error, sdk.ModelHTTPError):
        return error.in_stream
    return _code(error) not in (Code.UNREACHABLE, Code.NO_CREDENTIALS)


def _parked_until(code: Code, error: Exception, now: int) -> int | None:
    if not VERDICTS[code].parks:
        return None
    headers = getattr(error, "headers", None) or {}
    return reset_at(headers, str(error), now, overloaded=code is Code.OVERLOADED)


def _body(error: Exception) -> str:
    said = getattr(error, "body", None) or getattr(error, "message", None) or str(error)
    text = " ".join(_deepest_message(said).split())
    return text if len(text) <= BODY_CHARS_MAX else f"{text[:BODY_CHARS_MAX]}…"


def _deepest_message(body: object) -> str:
    """Return the provider's own sentence out of the object that it sends around it."""
    while isinstance(body, dict):
        inner = next((body[name] for name in ("error", "Error") if body.get(name)), None)
        if inner is None:
            inner = body.get("message") or body.get("Message")
        if inner is None:
            break
        body = inner
    return str(body)
