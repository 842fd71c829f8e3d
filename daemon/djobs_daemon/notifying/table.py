"""``[notify]`` of the config file."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from djobs_protocol.errors import DjobsError, ErrorCode

EventName = Literal["job_failed", "budget_asks", "workflow_done", "needs_human"]
EVENTS_DEFAULT: Final[tuple[EventName, ...]] = ("job_failed", "budget_asks", "needs_human")
TABLE: Final = "notify"
Word = Annotated[str, msgspec.Meta(min_length=1)]


class NotifyTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who is told of what; nobody, unless something is set."""

    events: tuple[EventName, ...] = EVENTS_DEFAULT
    desktop: bool = False
    """By ``notify-send``, or ``osascript`` on macOS."""
    webhook: Word | None = None
    """A URL that gets each message by POST, as JSON."""
    webhook_secret: Word | None = None
    """The name, in ``secrets.env``, of what messages to the webhook are signed with."""
    command: tuple[Word, ...] = ()
    """Is run for each message, which it reads from standard input."""

    @property
    def tells_anybody(self) -> bool:
        """Say whether anything is set."""
        return bool(self.events) and (self.desktop or bool(self.webhook) or bool(self.command))


def notify_table(tables: Mapping[str, Any], path: str) -> NotifyTable:
    """Return the table; ``CONFIG_INVALID`` says what is wrong in it."""
    try:
        found = msgspec.convert(tables.get(TABLE, {}), NotifyTable)
    except msgspec.ValidationError as error:
        raise _wrong(path, f"{error}.") from None
    if found.webhook is not None and not _is_url(found.webhook):
        raise _wrong(path, "webhook: expected a URL such as https://example.com/hook.")
    if found.webhook_secret is not None and found.webhook is None:
        raise _wrong(path, "webhook_secret signs what goes to a webhook; there is none.")
    return found


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port or 1) > 0
            and parts.username is None
            and text.isascii()
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


def _wrong(path: str, why: str) -> DjobsError:
    return DjobsError(ErrorCode.CONFIG_INVALID, f"{path}: [{TABLE}]: {why}")
