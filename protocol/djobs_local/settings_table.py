"""Every setting there is, in one table."""

from djobs_protocol.limits import CONNECTIONS_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Value: TypeAlias = str | int | float | bool


class Setting:
    """One row of the table. The unit of a number is the last word of its name."""

    __slots__ = (
        "choices",
        "default",
        "doc",
        "env",
        "in_file",
        "maximum",
        "minimum",
        "name",
        "type",
    )

    def __init__(
        self,
        name: str,
        env: str,
        type: str,
        default: "Value",
        doc: str,
        *,
        choices: tuple[str, ...] = (),
        minimum: float | None = None,
        maximum: float | None = None,
        in_file: bool = True,
    ) -> None:
        self.name = name
        self.env = env
        self.type = type
        """``path`` (absolute), ``choice``, ``integer``, ``number`` or ``flag``."""
        self.default = default
        self.doc = doc
        self.choices = choices
        self.minimum = minimum
        self.maximum = maximum
        self.in_file = in_file
        """False for what must be known before the file is found."""

    @property
    def expected(self) -> str:
        """Say which values are right."""
        if self.type == "choice":
            return "one of " + ", ".join(self.choices)
        if self.type == "flag":
            return "true or false"
        if self.type == "path":
            return "an absolute path"
        kind = "a whole number" if self.type == "integer" else "a number"
        return f"{kind} from {self.minimum:g} to {self.maximum:g}"


SETTINGS = (
    Setting(
        "home",
        "DJOBS_HOME",
        "path",
        "",
        "Folder with everything of one daemon: database, socket, logs.",
        in_file=False,
    ),
    Setting(
        "db_path",
        "DJOBS_DB_PATH",
        "path",
        "",
        "The database file; jobs.db in the home when not set. On a local disk.",
    ),
    Setting(
        "executor_jobs_max",
        "DJOBS_EXECUTOR_JOBS_MAX",
        "integer",
        4,
        "How many jobs the daemon runs at once: commands, model calls, agents.",
        minimum=1,
        maximum=64,
    ),
    Setting(
        "runs_bytes_max",
        "DJOBS_RUNS_BYTES_MAX",
        "integer",
        2 * 1024 * 1024 * 1024,
        "How much the output of all runs together may take; the oldest goes first, once a day.",
        minimum=1024 * 1024,
        maximum=2**50,
    ),
    Setting(
        "log_level",
        "DJOBS_LOG_LEVEL",
        "choice",
        "INFO",
        "The least severe message that the daemon's log keeps.",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Setting(
        "log_format",
        "DJOBS_LOG_FORMAT",
        "choice",
        "json",
        "How the daemon's log is written: one JSON object per line, or text for people.",
        choices=("json", "text"),
    ),
    Setting(
        "log_bytes_max",
        "DJOBS_LOG_BYTES_MAX",
        "integer",
        10 * 1024 * 1024,
        "Size at which the daemon's log is rotated.",
        minimum=64 * 1024,
        maximum=2**40,
    ),
    Setting(
        "log_generations",
        "DJOBS_LOG_GENERATIONS",
        "integer",
        5,
        "Rotated logs that are kept.",
        minimum=1,
        maximum=100,
    ),
    Setting(
        "start_timeout_seconds",
        "DJOBS_START_TIMEOUT_S",
        "number",
        10.0,
        "How long a client waits for a daemon to start or to answer.",
        minimum=0.05,
        maximum=600,
    ),
    Setting(
        "start_backoff_max_seconds",
        "DJOBS_START_BACKOFF_MAX_S",
        "number",
        30.0,
        "Longest pause between starts of a daemon that keeps dying; 0 turns the pause off. "
        "A session in use gives up after a minute without a daemon.",
        minimum=0,
        maximum=600,
    ),
    Setting(
        "no_spawn",
        "DJOBS_NO_SPAWN",
        "flag",
        False,
        "Clients never start the daemon; they say that it is not running.",
    ),
    Setting(
        "upgrade",
        "DJOBS_UPGRADE",
        "choice",
        "idle",
        "When a running daemon becomes the version that is installed now, without losing anything: "
        "when nobody is connected, or only when `djobsctl upgrade` asks.",
        choices=("idle", "ask"),
    ),
    Setting(
        "drain_seconds",
        "DJOBS_DRAIN_S",
        "number",
        5.0,
        "How long a stopping daemon lets running requests end.",
        minimum=0,
        maximum=600,
    ),
    Setting(
        "backup_generations",
        "DJOBS_BACKUP_GENERATIONS",
        "integer",
        7,
        "Backups of the database that are kept; 0 makes none.",
        minimum=0,
        maximum=1000,
    ),
    Setting(
        "backup_weekly_generations",
        "DJOBS_BACKUP_WEEKLY_GENERATIONS",
        "integer",
        4,
        "Weeks of which the last backup is kept besides.",
        minimum=0,
        maximum=1000,
    ),
    Setting(
        "backup_interval_hours",
        "DJOBS_BACKUP_INTERVAL_H",
        "number",
        24.0,
        "Time from one backup of the database to the next.",
        minimum=0.1,
        maximum=24 * 366,
    ),
    Setting(
        "request_retention_hours",
        "DJOBS_REQUEST_RETENTION_H",
        "number",
        24.0,
        "How long the answer to a write is kept for a client that sends it again.",
        minimum=1,
        maximum=24 * 366,
    ),
    Setting(
        "keep_ended_days",
        "DJOBS_KEEP_ENDED_DAYS",
        "integer",
        0,
        "Days after which ended jobs are removed, unless they failed and are not archived; "
        "0 keeps them.",
        minimum=0,
        maximum=36_500,
    ),
    Setting(
        "keep_history_days",
        "DJOBS_KEEP_HISTORY_DAYS",
        "integer",
        0,
        "Days after which events are removed, from the oldest on up to those of the first job "
        "that is still stored; 0 keeps them.",
        minimum=0,
        maximum=36_500,
    ),
    Setting(
        "connections_max",
        "DJOBS_CONNECTIONS_MAX",
        "integer",
        CONNECTIONS_MAX,
        "Open connections; the next one is told that the daemon is busy.",
        minimum=8,
        maximum=10_000,
    ),
)
"""The table. Its order is the order of ``djobsctl config``."""
