"""Whether daemon and commands are of one release, and the daemon runs what is installed."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well

GRACE_MS = 2000
"""A daemon says when it started to the millisecond; files are written before that."""

OLDER = Trouble(
    "daemon-older",
    Level.WARNING,
    "The daemon is of an older release than this `djobsctl`.",
    "What is new is refused, and faults that were mended are still there.",
    "`djobsctl upgrade`; no job and no session is lost",
)
NEWER = Trouble(
    "daemon-newer",
    Level.WARNING,
    "The daemon is of a newer release than this `djobsctl`: there are two installations.",
    "Whichever starts the daemon next decides what runs; an old one may refuse a newer database.",
    "`which -a djobsctl` shows them; remove the older one, or put the newer one first in PATH",
)
REPLACED = Trouble(
    "code-replaced",
    Level.WARNING,
    "The installation was changed after the daemon had started.",
    "It runs the old code, and whatever it loads from now on is new: the two may not fit.",
    "`djobsctl upgrade --again`; no job and no session is lost",
)
PENDING = Trouble(
    "upgrade-pending",
    Level.WARNING,
    "Another release is installed than the one that the daemon has loaded.",
    "What is new is not there yet, and whatever the daemon loads from now on may not fit.",
    "`djobsctl upgrade`; no job and no session is lost",
)
GONE = Trouble(
    "code-gone",
    Level.PROBLEM,
    "The installation that the daemon runs from was removed.",
    "What it has not loaded yet, it never will; once it ends, nothing starts it from there.",
    "`djobsctl upgrade --again`, which makes it the one that this `djobsctl` belongs to",
)
STRANGE = Trouble(
    "protocol-foreign",
    Level.PROBLEM,
    "The daemon speaks no version of the protocol that this `djobsctl` speaks.",
    "Nothing can be asked of it from here.",
    "`djobsctl restart`",
)
TROUBLES = (OLDER, NEWER, PENDING, REPLACED, GONE, STRANGE)


@dataclass(frozen=True)
class Versions:
    """Who is of which release. Times are milliseconds since the epoch."""

    client: str
    daemon: str | None
    """None when none answers."""
    pending: str
    """What is installed where the daemon runs from, if that is another release than it."""
    refusal: str
    """What a daemon says that answers and cannot be talked with; empty otherwise."""
    program: str
    """The daemon's program, as far as the system tells; empty when it does not."""
    program_is_there: bool
    started_at: int | None
    code_changed_at: int | None
    """The newest change of any file of the installation the daemon runs from."""


def look(facts: Versions) -> list[Finding]:
    """Compare them."""
    if facts.refusal:
        return [found(STRANGE, facts.refusal, "djobsctl restart")]
    if facts.daemon is None:
        return well(f"djobs {facts.client}; no daemon answers")
    if facts.program and not facts.program_is_there:
        return [found(GONE, f"{facts.program} is not there any more.", "djobsctl upgrade --again")]
    if facts.pending:
        says = f"The daemon is {facts.daemon}; {facts.pending} is installed."
        return [found(PENDING, says, "djobsctl upgrade")]
    if facts.daemon != facts.client:
        return [_skew(facts.daemon, facts.client)]
    if _was_replaced(facts):
        says = "Files of the installation are newer than the daemon, which has the old ones."
        return [found(REPLACED, says, "djobsctl upgrade --again")]
    return well(f"djobs {facts.client}, the daemon as well")


def _skew(daemon: str, client: str) -> Finding:
    says = f"The daemon is {daemon}, this djobsctl {client}."
    if release(daemon) < release(client):
        return found(OLDER, says, "djobsctl upgrade")
    return found(NEWER, says, "which -a djobsctl", steps=_CHOOSE)


_CHOOSE = "Remove the older installation, or put the newer one first in PATH."


def _was_replaced(facts: Versions) -> bool:
    if facts.started_at is None or facts.code_changed_at is None:
        return False
    return facts.code_changed_at > facts.started_at + GRACE_MS


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, for comparing; what is no number ends them."""
    numbers = []
    for part in version.split("."):
        digits = part[: next((i for i, each in enumerate(part) if not each.isdecimal()), len(part))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
