"""Pauses: what is meant by one, and which of them hold a job up. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from djobs_daemon.queue.correlation import normalise
from djobs_daemon.queue.present import moment
from djobs_daemon.store.records import JobRow, PauseRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.values import Pause, PauseScope


class Target(NamedTuple):
    """What is paused; ``everything`` has no subject."""

    scope: PauseScope
    subject: str


def target(scope: PauseScope, subject: str | None, workspace: str) -> Target:
    """Return what a request means; a workspace defaults to the session's own."""
    if scope == "everything":
        if subject is not None:
            raise _wrong("everything has no subject; name a workspace or a type, or leave it out.")
        return Target(scope, "")
    if scope == "workspace":
        chosen = normalise(subject) if subject else workspace
        if not chosen:
            raise _wrong("this session has no workspace; expected subject, a folder's path.")
        return Target(scope, chosen)
    if not subject:
        raise _wrong("subject is missing; expected the type to pause.")
    return Target(scope, subject)


def holding_up(job: JobRow, pauses: Sequence[PauseRow]) -> Iterator[PauseRow]:
    """Yield the pauses that keep a job from being claimed."""
    meant = {"everything": "", "workspace": job.workspace, "type": job.type}
    for pause in pauses:
        if meant[pause.scope] == pause.subject:
            yield pause


def said(pause: PauseRow | Target) -> str:
    """Return what is paused in words."""
    words = {"everything": "everything", "workspace": "the workspace", "type": "the type"}
    return f"{words[pause.scope]} {pause.subject}".strip()


def sentence(pause: PauseRow) -> str:
    """Return a pause as a sentence."""
    said_so = f": {pause.reason}" if pause.reason else ""
    what = said(pause)
    return f"{what[0].upper()}{what[1:]} is paused{said_so}."


def present_pause(pause: PauseRow) -> Pause:
    """Return the public form of a pause."""
    return Pause(
        scope=pause.scope,
        subject=pause.subject or None,
        since=moment(pause.at),
        session=pause.session,
        reason=pause.reason,
    )


def not_paused(what: Target) -> DjobsError:
    """Return the refusal of ending a pause that is none."""
    text = said(what)
    return DjobsError(ErrorCode.CONFLICT, f"{text[0].upper()}{text[1:]} is not paused.")


def _wrong(message: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, message)
