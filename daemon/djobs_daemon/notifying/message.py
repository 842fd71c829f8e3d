"""What somebody is told, and how it is written down. Pure."""

import hmac
from collections.abc import Sequence
from typing import Final

import msgspec

from djobs_daemon.notifying.table import EventName

SCHEMA: Final = "djobs.notification/1"
TEXT_CHARS: Final = 300


class Notification(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened. No payload and no output is in it."""

    kind: EventName
    offset: int
    """The number of the event in the history: the same thing never has another."""
    at: str
    """RFC 3339, UTC."""
    job_id: str
    job_type: str
    state: str
    workspace: str
    workflow: str
    text: str
    """In a sentence."""
    next: str
    """The command that shows more, or answers."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sent at once: what happened since the last one that arrived."""

    schema: str
    id: str
    """Of what it is about: a message that is sent again has the same."""
    sent_at: str
    notifications: Sequence[Notification]


def message_of(database: str, found: Sequence[Notification], sent_at: str) -> Message:
    """Put together what is sent at once."""
    first, last = found[0].offset, found[-1].offset
    return Message(SCHEMA, f"{database}-{first}-{last}", sent_at, found)


def encoded(message: Message) -> bytes:
    """Return the body."""
    return msgspec.json.encode(message)


def signature(secret: str, body: bytes) -> str:
    """Return what a receiver compares: ``sha256=`` and the HMAC of the body, in hex."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def headline(found: Sequence[Notification]) -> tuple[str, str]:
    """Return a title and a text for a message that is read at a glance."""
    if len(found) == 1:
        return _TITLES[found[0].kind], found[0].text
    counts = {kind: sum(each.kind == kind for each in found) for kind in _COUNTED}
    parts = [_COUNTED[kind].format(count) for kind, count in counts.items() if count]
    return f"djobs: {len(found)} things happened", ", ".join(parts)


_TITLES: Final[dict[EventName, str]] = {
    "job_failed": "djobs: a job failed",
    "budget_asks": "djobs: a job asks for money",
    "workflow_done": "djobs: a workflow is done",
    "needs_human": "djobs: somebody is needed",
}
_COUNTED: Final[dict[EventName, str]] = {
    "job_failed": "{} failed",
    "budget_asks": "{} ask for money",
    "workflow_done": "{} workflows done",
    "needs_human": "{} need somebody",
}
