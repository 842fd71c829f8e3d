"""The part of a client that looks after the ledger: what happened, and copies of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from djobs_protocol.daemon_replies import BackupMade
from djobs_protocol.daemon_requests import BackUpDatabase
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import REQUEST_SECONDS_MAX
from djobs_protocol.reading_replies import AuditReport
from djobs_protocol.reading_requests import QueryAudit
from djobs_protocol.requests import Request
from djobs_protocol.states import EventKind

R = TypeVar("R")


class Auditing:
    """Methods of ``Client`` about the history and its file."""

    async def call(self, request: Request, reply: type[R]) -> R:
        """Send any request of the protocol and return its reply."""
        raise NotImplementedError

    async def call_within(self, request: Request, reply: type[R], seconds: float) -> R:
        """Send a request that may take that long."""
        raise NotImplementedError

    async def audit(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        correlation_id: str | None = None,
        workspace: str | None = None,
        agent: str | None = None,
        session: str | None = None,
        job_id: str | None = None,
        types: Sequence[str] = (),
        kinds: Sequence[EventKind] = (),
        limit: int = 100,
        cursor: str | None = None,
    ) -> AuditReport:
        """Return a page of the history, newest first; of the last 24 hours without ``since``."""
        request = QueryAudit(
            since=_aware("since", since),
            until=_aware("until", until),
            correlation_id=correlation_id,
            workspace=workspace,
            agent=agent,
            session=session,
            job_id=job_id,
            types=[*types],
            kinds=[*kinds],
            limit=limit,
            cursor=cursor,
        )
        return await self.call(request, AuditReport)

    async def back_up(self, path: str | None = None) -> BackupMade:
        """Copy the database to a new file (an absolute path), or among the daemon's backups."""
        return await self.call_within(BackUpDatabase(path=path), BackupMade, REQUEST_SECONDS_MAX)


def _aware(name: str, moment: datetime | None) -> datetime | None:
    """Return ``moment`` unless it would be taken for UTC unseen."""
    if moment is not None and moment.tzinfo is None:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS, f"{name} has no time zone; use datetime.now(UTC) or the like."
        )
    return moment
