"""What is asked of the daemon itself."""

from typing import Annotated, TypeAlias

import msgspec

from djobs_protocol.limits import (
    CORRELATION_CHARS_MAX,
)
from djobs_protocol.values import (
    Label,
    Name,
)

Path: TypeAlias = Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)]


class ClientInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Who connects, as it says itself. The kernel's word for pid and uid is used for decisions."""

    name: Label = "unknown"
    version: Label = ""
    pid: int = 0


class Hello(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The first request of every RPC connection (R16)."""

    protocol: tuple[int, int]
    """Lowest and highest protocol version the client speaks."""
    build: Label
    client: ClientInfo = ClientInfo()
    session: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-zA-Z_-]{8,64}$")] | None = None
    """Chosen by the client, random. With it, a write that is sent again with the same request id
    after a reconnect returns the first answer and does nothing twice (R19). Without it the daemon
    makes one up and no answer is kept."""
    agent: Name | None = None
    workspace: Path | None = None
    """The folder whose jobs these are: absolute, without symbolic links."""
    expected_db: str | None = None
    """Refuse to talk unless the daemon serves this database (R6)."""
    depth: Annotated[int, msgspec.Meta(ge=0)] = 0
    """``DJOBS_DEPTH`` of a client that runs inside a job. What is enqueued is one deeper (R53)."""


class GetHealth(msgspec.Struct, kw_only=True, frozen=True):
    """Count the jobs and say whether all is well."""


class GetStatus(msgspec.Struct, kw_only=True, frozen=True):
    """Describe the daemon itself (R50)."""


class GetSettings(msgspec.Struct, kw_only=True, frozen=True):
    """Show every setting as the running daemon has it."""


class CheckDatabase(msgspec.Struct, kw_only=True, frozen=True):
    """Check integrity, the event chain, and that the jobs equal what the events say."""


class BackUpDatabase(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Copy the database while it is in use, and verify the copy."""

    path: Path | None = None
    """A new file, its absolute path; a generation among the daemon's own backups when absent."""


class HandOver(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Become the version that is installed now, here or elsewhere, in the same process (R17).

    The reply comes when that version has been tried; then this one drains. Connections end and may
    be opened again at once: they wait in the socket's queue, and no request is lost.
    """

    reason: str = "asked to hand over"
    program: tuple[Path, Path] | None = None
    """Another installation's Python and `djobs_daemon/__main__.py`, absolute; its own when absent.

    Not for a client that a sandbox confines (`command_refused`)."""


class StopDaemon(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Drain and exit. The reply comes first; the process is gone when its lock is free (R28)."""

    reason: str = "asked to stop"
