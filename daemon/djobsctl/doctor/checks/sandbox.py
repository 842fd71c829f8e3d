"""Whether every type that requires a sandbox would get it."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well

MISSING = Trouble(
    "sandbox-missing",
    Level.PROBLEM,
    "A type requires a sandbox, and no program that makes one is installed.",
    "Its jobs are refused: djobs never takes a weaker sandbox, or none, instead.",
    "`sudo apt install bubblewrap` (Fedora: `sudo dnf install bubblewrap`), then "
    '`djobsctl restart`; or `sandbox = "none"` for the type, if you trust it',
)
FAILS = Trouble(
    "sandbox-fails",
    Level.PROBLEM,
    "A type requires a sandbox, and what is installed was tried and does not hold it here.",
    "Its jobs are refused.",
    "what the reason names: containers and AppArmor have their own switches (docs/sandbox.md); or "
    '`sandbox = "none"` for the type, if you trust it',
)
UNNOTICED = Trouble(
    "sandbox-unnoticed",
    Level.WARNING,
    "The daemon found no sandbox when it tried; there is one now.",
    "It tries once, so its jobs are refused until it is started anew.",
    "`djobsctl restart`",
)
TROUBLES = (MISSING, FAILS, UNNOTICED)

_NOT_INSTALLED = "it is not installed"
_NOBODY = "which nothing here enforces"


@dataclass(frozen=True)
class Required:
    """A type that requires a sandbox."""

    type: str
    level: str
    enforced: str
    """Who enforces it, as tried just now; empty when nobody does."""
    reason: str
    hint: str
    said: str
    """What the running daemon says of it; empty when none runs."""


def look(required: list[Required]) -> list[Finding]:
    """Judge each type."""
    findings = [finding for each in required for finding in _one(each)]
    summary = "; ".join(f"{each.type}: {each.enforced}" for each in required)
    return findings or well(summary or "no type requires one")


def _one(required: Required) -> list[Finding]:
    if required.enforced:
        if _NOBODY not in required.said:
            return []
        says = f"{required.type}: now {required.enforced}; the daemon says {required.said}."
        return [found(UNNOTICED, says, "djobsctl restart")]
    says = f"{required.type}: {required.reason}"
    tried = [each for each in required.reason.split("; ") if _NOT_INSTALLED not in each]
    return [found(FAILS if tried else MISSING, says, steps=required.hint)]
