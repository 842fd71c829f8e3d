"""Whether there is a backup that one could go back to."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well
from djobsctl.present.text import plural, span

HOUR_MS = 3_600_000
INTERVALS_MAX = 3
"""A machine may be switched off when a backup is due, once or twice."""
HOURS_MIN = 48

NONE = Trouble(
    "backup-none",
    Level.WARNING,
    "There is no backup of the database, though one was due.",
    "Damage to the disk would cost everything.",
    "`djobsctl backup`",
)
OLD = Trouble(
    "backup-old",
    Level.WARNING,
    "The newest backup is old.",
    "What came after it would be lost with the database. The daemon makes one a day while it runs.",
    "`djobsctl backup`; `djobsctl logs --level error` says whether the daily ones fail",
)
DAMAGED = Trouble(
    "backup-damaged",
    Level.PROBLEM,
    "The newest backup is damaged.",
    "It could not be restored when it is needed.",
    "`djobsctl backup`, which makes another and verifies it",
)
OFF = Trouble(
    "backup-off",
    Level.NOTE,
    "Backups are turned off.",
    "Damage to the disk costs everything that no other backup has.",
    "take `backup_generations = 0` out of `config.toml`, then `djobsctl restart`",
)
TROUBLES = (NONE, OLD, DAMAGED, OFF)


@dataclass(frozen=True)
class Backups:
    """What there is to go back to. Times are milliseconds since the epoch."""

    now_ms: int
    kept: int
    """How many the settings keep; 0 for none."""
    interval_hours: float
    count: int
    newest: str
    """The path of the newest; empty when there is none."""
    newest_at: int
    damage: tuple[str, ...]
    """What is wrong with it."""
    since: int | None
    """Since when there is a database; None when there is none."""


def look(facts: Backups) -> list[Finding]:
    """Judge the newest one."""
    if facts.since is None:
        return well("nothing to back up yet")
    if not facts.kept:
        steps = "Take backup_generations = 0 out of config.toml, then `djobsctl restart`."
        return [found(OFF, "backup_generations is 0.", steps=steps)]
    if facts.damage:
        says = f"{facts.newest}: {facts.damage[0]}"
        return [found(DAMAGED, says, "djobsctl backup")]
    return _age(facts, facts.since)


def _age(facts: Backups, since: int) -> list[Finding]:
    bound_ms = max(HOURS_MIN, INTERVALS_MAX * facts.interval_hours) * HOUR_MS
    age_ms = facts.now_ms - (facts.newest_at if facts.count else since)
    age = span(age_ms / 1000)
    if age_ms > bound_ms:
        if facts.count:
            return [found(OLD, f"{facts.newest} is {age} old.", "djobsctl backup")]
        return [found(NONE, f"None in {age}.", "djobsctl backup")]
    if not facts.count:
        return well("none yet; the first is made within a day")
    return well(f"{plural(facts.count, 'backup')}, the newest {age} old")
