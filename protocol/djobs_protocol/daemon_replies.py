"""What the daemon says of itself."""

from datetime import datetime
from typing import Literal

import msgspec

from djobs_protocol.states import JobState
from djobs_protocol.values import (
    Pause,
)


class Welcome(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The daemon's half of the hello (R16)."""

    protocol: int
    """The highest version both sides speak."""
    protocol_range: tuple[int, int]
    build: str
    schema: int
    database: str
    """The database's UUID."""
    instance: str
    """Random, new at every start of a daemon."""
    pid: int
    started_at: datetime
    session: str
    capabilities: list[str]
    """Method names; more may come, none is ever removed."""


class HealthReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Is it well, and how much is there."""

    status: Literal["ok", "degraded"]
    counts: dict[JobState, int]
    total: int
    archived: int = 0
    """Jobs in the archive, in none of the counts."""
    problems: list[str] = []
    pauses: list[Pause] = []


class ConnectionInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One open connection."""

    kind: Literal["rpc", "mcp"]
    session: str
    pid: int
    client: str = ""
    workspace: str = ""
    connected_at: datetime | None = None


class DatabaseInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The database as files."""

    path: str
    uuid: str
    schema: int
    bytes: int
    wal_bytes: int
    sqlite: str
    last_backup_at: datetime | None = None


class ExecutorsInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What the daemon runs by itself."""

    running: int
    at_most: int
    """``executor_jobs_max``."""
    held_up_by: str = ""
    """Why no more are started, if any waits; empty when more would be."""
    paused: list[str] = []
    """Jobs whose runs stand still; they count as running."""
    sandboxes: dict[str, str] = {}
    """Of each type that requires one: the level, and who enforces it as far as that was tried."""


class StatusReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The daemon about itself."""

    phase: Literal["serving", "draining", "degraded"]
    pid: int
    instance: str
    build: str
    protocol_range: tuple[int, int]
    installed_build: str | None = None
    """What `daemon.hand_over` would make of it; absent when that is the build that runs."""
    started_at: datetime
    uptime_seconds: float
    home: str
    socket: str
    owner: str
    """Who started it: a client, a person in the foreground, a service manager."""
    database: DatabaseInfo
    mcp: Literal["unloaded", "loading", "ready", "failed"]
    """Whether the MCP SDK is loaded; the handshake is answered without it."""
    rss_bytes: int
    connections: list[ConnectionInfo] = []
    counts: dict[JobState, int] = {}
    problems: list[str] = []
    pauses: list[Pause] = []
    executors: ExecutorsInfo | None = None
    cost_today_usd: float = 0
    """Of models with a known price; a day of the daemon's time zone."""
    over_budget: int = 0
    """Jobs that are paused until somebody allows them more: see ``budget.list``."""


class SettingValue(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One setting."""

    name: str
    value: str | int | float | bool
    source: str
    """``default``, ``file`` or the environment variable's name."""


class SettingsReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Every setting of the running daemon."""

    settings: list[SettingValue]


class DatabaseReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The outcome of a check; ``ok`` only if ``problems`` is empty."""

    ok: bool
    path: str
    schema: int
    uuid: str
    jobs: int
    events: int
    problems: list[str] = []


class BackupMade(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A copy of the database, whole and verified."""

    path: str
    bytes: int


class HandingOver(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The daemon has begun to drain; its successor has the same pid and another instance."""

    pid: int
    instance: str
    """That which ends."""
    build: str
    """Of the successor."""


class Stopping(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The daemon has begun to drain."""

    pid: int
    instance: str
