"""Whether the clock says what time it is, and in which zone."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well
from djobsctl.present.text import span

AHEAD_MS = 120_000
"""File systems and virtual machines differ by seconds."""

BEHIND = Trouble(
    "clock-behind",
    Level.PROBLEM,
    "Files of the home are from the future: the clock was set back, or is wrong.",
    "Back-offs, schedules and windows of limits wait for times that are long past.",
    "`sudo timedatectl set-ntp true`, or set the clock by hand; if it is right now, `djobsctl "
    "restart` lets what was written ahead of time count as written now",
)
OLD = Trouble(
    "clock-old",
    Level.PROBLEM,
    "The clock says a time before this release of djobs was installed.",
    "Whatever has a time of day happens at the wrong one; certificates of providers look invalid.",
    "`sudo timedatectl set-ntp true`, or set the clock by hand",
)
ZONE = Trouble(
    "zone-unknown",
    Level.WARNING,
    "The time zone cannot be found out: the one that `TZ`, or the system, names is unknown here.",
    "Schedules go by UTC instead.",
    "`unset TZ`, or correct it; `sudo timedatectl set-timezone ZONE`; where no zone is known at "
    "all, `sudo apt install tzdata`",
)
TROUBLES = (BEHIND, OLD, ZONE)


@dataclass(frozen=True)
class Clock:
    """What time it is here. Times are milliseconds since the epoch."""

    now_ms: int
    newest_file: str
    newest_at: int
    """When the newest file of the home was written; 0 when there is none."""
    installed_at: int
    zone: str
    """By name; empty when it cannot be told."""
    named: str
    """What ``TZ`` names; empty when it is not set."""


def look(facts: Clock) -> list[Finding]:
    """Judge clock and zone."""
    return [*_time(facts), *_zone(facts)] or well(facts.zone)


def _time(facts: Clock) -> list[Finding]:
    ahead = facts.newest_at - facts.now_ms
    if facts.now_ms + AHEAD_MS < facts.installed_at:
        early = span((facts.installed_at - facts.now_ms) / 1000)
        says = f"It says a time {early} before djobs was installed."
        return [found(OLD, says, "sudo timedatectl set-ntp true")]
    if ahead > AHEAD_MS:
        says = f"{facts.newest_file} was written {span(ahead / 1000)} from now."
        return [found(BEHIND, says, "sudo timedatectl set-ntp true", steps=_RIGHT)]
    return []


_RIGHT = "If it is right by now: djobsctl restart, then the message goes when that time has come."


def _zone(facts: Clock) -> list[Finding]:
    if facts.zone:
        return []
    if facts.named:
        return [found(ZONE, f"TZ is {facts.named!r}, which is no known zone.", "unset TZ")]
    steps = "sudo timedatectl set-timezone ZONE, or install the package tzdata."
    return [found(ZONE, "The system names no known time zone.", steps=steps)]
