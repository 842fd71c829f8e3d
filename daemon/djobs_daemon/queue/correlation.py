"""Which workflow a request means."""

from djobs_protocol.errors import DjobsError, ErrorCode


def normalise(correlation_id: str) -> str:
    """Return one spelling of a correlation id that looks like an absolute path.

    Agents write a workspace with and without a trailing slash; both mean the same workflow. Any
    other id is opaque and returned as it is.
    """
    if correlation_id.startswith("/") and len(correlation_id) > 1:
        return correlation_id.rstrip("/") or "/"
    return correlation_id


def normalise_if_given(correlation_id: str | None) -> str | None:
    """Return one spelling of a workflow to look at; None stands for all."""
    return None if correlation_id is None else normalise(correlation_id)


def choose(asked: str | None, workspace: str) -> str:
    """Return the asked correlation id, else the session's workspace; raise without either."""
    if asked is not None:
        return normalise(asked)
    if workspace:
        return workspace
    raise DjobsError(
        ErrorCode.INVALID_PARAMS,
        "correlation_id is missing, and this session has no workspace to default to.",
    )
