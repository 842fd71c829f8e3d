"""Whether the database is sound, ours, of our version and of a bearable size."""

import shlex
from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well
from djobsctl.doctor.header import Header
from djobsctl.present.text import size

LARGE_BYTES = 2 * 1024**3
WAL_BYTES_MAX = 128 * 1024**2
"""Twice what the daemon lets it grow to."""
HOLES_BYTES_MIN = 32 * 1024**2
HOLES_SHARE = 0.5

DAMAGED = Trouble(
    "database-damaged",
    Level.PROBLEM,
    "The database is damaged.",
    "No daemon serves it, so that nothing is built on what is wrong.",
    "`djobsctl stop`, `djobsctl restore latest --yes`, `djobsctl start`; `djobsctl db verify` says "
    "whether `djobsctl db rebuild` can save what came after the backup",
)
FOREIGN = Trouble(
    "database-foreign",
    Level.PROBLEM,
    "The file in the database's place is no database of djobs.",
    "No daemon starts: it is somebody's file, and is not touched.",
    "`mv FILE FILE.old`, or set `db_path` to another place",
)
NEWER = Trouble(
    "database-newer",
    Level.PROBLEM,
    "A newer release of djobs wrote the database.",
    "This one cannot know what it means, and does not touch it.",
    "upgrade djobs: `uv tool upgrade djobs`, `pipx upgrade djobs`, or as it was installed",
)
HELD = Trouble(
    "database-held",
    Level.PROBLEM,
    "The daemon of another home has this database open.",
    "A database has one daemon; this home's cannot start.",
    "set `DJOBS_HOME` to that home, or `db_path` to another file",
)
LOST = Trouble(
    "database-lost",
    Level.PROBLEM,
    "There is no database, but there are backups of one.",
    "The next daemon would begin an empty one.",
    "`djobsctl restore latest --yes`, then `djobsctl start`",
)
LOG = Trouble(
    "database-log",
    Level.WARNING,
    "The database's log (WAL) is far larger than it should be.",
    "Everything that reads is slower, and the disk fills up.",
    "`djobsctl restart`, which folds it into the database",
)
LARGE = Trouble(
    "database-large",
    Level.NOTE,
    "The database is large.",
    "Backups take as much again, each; checks take minutes.",
    "`djobsctl purge --older-than 30d --yes`, or `keep_ended_days` in `config.toml`; then "
    "`djobsctl stop`, `djobsctl db rebuild --yes`, `djobsctl start`",
)
HOLES = Trouble(
    "database-holes",
    Level.NOTE,
    "Most of the database is unused space.",
    "It is given back bit by bit, once a day.",
    "at once: `djobsctl stop`, `djobsctl db rebuild --yes`, `djobsctl start`",
)
TROUBLES = (DAMAGED, FOREIGN, NEWER, HELD, LOST, LOG, LARGE, HOLES)

_REBUILD = ("djobsctl stop", "djobsctl db rebuild --yes", "djobsctl start")


@dataclass(frozen=True)
class Database:
    """The database as files, and what is known of it."""

    path: str
    header: Header | None
    """None when there is no file."""
    schema_known: int
    """The newest that this release knows."""
    wal_bytes: int
    backups: int
    holder: str
    """The other home whose daemon has it; empty when none has."""
    remembered: str
    """What a daemon found damaged in it; empty when none did."""
    problems: tuple[str, ...] | None
    """What reading it through found; None when it was not read."""
    served: bool = False
    """Whether a daemon of this home lives, which reads it through after each start."""


def look(facts: Database) -> list[Finding]:
    """Judge it: first whether it can be used at all."""
    if facts.holder:
        says = f"{facts.path} is in use by the daemon of {facts.holder}."
        command = f"export DJOBS_HOME={shlex.quote(facts.holder)}"
        return [found(HELD, says, command, steps="Or set db_path to another file.")]
    if facts.header is None:
        return _absent(facts)
    unusable = _unusable(facts, facts.header)
    if unusable is not None:
        return [unusable]
    summary = f"{size(facts.header.file_bytes)}, schema {facts.header.schema}, {_known(facts)}"
    return _sizes(facts, facts.header) or well(summary)


def _known(facts: Database) -> str:
    """Say how it is known to be sound, as far as it is."""
    if facts.served:
        return "read through by the daemon after its start"
    return "sound" if facts.problems is not None else "not read through: `djobsctl db verify`"


def _absent(facts: Database) -> list[Finding]:
    if not facts.backups:
        return well("none yet; the first daemon makes it")
    says = f"{facts.path} is not there."
    commands = ("djobsctl restore latest --yes", "djobsctl start")
    return [found(LOST, says, *commands)]


def _unusable(facts: Database, header: Header) -> Finding | None:
    quoted = shlex.quote(facts.path)
    if not header.is_sqlite or not header.is_ours:
        says = f"{facts.path} is no database of djobs."
        aside = f"mv {quoted} {shlex.quote(facts.path + '.old')}"
        steps = "If it was one, `djobsctl restore latest` then brings back the newest backup."
        return found(FOREIGN, says, aside, steps=steps)
    if header.schema > facts.schema_known:
        says = f"{facts.path} has schema {header.schema}; this release knows {facts.schema_known}."
        return found(NEWER, says, steps="Upgrade djobs as it was installed.")
    damage = _damage(facts, header)
    if damage:
        commands = ("djobsctl stop", "djobsctl restore latest --yes", "djobsctl start")
        return found(DAMAGED, f"{facts.path}: {damage}", *commands)
    return None


def _damage(facts: Database, header: Header) -> str:
    if facts.problems:
        more = len(facts.problems) - 1
        return facts.problems[0] + (f" And {more} more." if more else "")
    if facts.problems is not None:
        return ""  # it was read, and whatever a daemon once found is mended
    if facts.remembered:
        return facts.remembered
    return "its end is missing." if header.is_cut_off and not facts.wal_bytes else ""


def _sizes(facts: Database, header: Header) -> list[Finding]:
    findings = []
    if facts.wal_bytes > WAL_BYTES_MAX:
        says = f"{facts.path}-wal has {size(facts.wal_bytes)}."
        findings.append(found(LOG, says, "djobsctl restart"))
    if header.file_bytes > LARGE_BYTES:
        says = f"{facts.path} has {size(header.file_bytes)}."
        findings.append(found(LARGE, says, *_REBUILD, steps=_PURGE))
    elif header.free_bytes > max(HOLES_BYTES_MIN, HOLES_SHARE * header.file_bytes):
        says = f"{size(header.free_bytes)} of {size(header.file_bytes)} are unused."
        findings.append(found(HOLES, says, *_REBUILD))
    return findings


_PURGE = "First let go of what is old: `djobsctl purge --older-than 30d` says what that is."
