"""What is known of a provider on this machine. Plain values."""

from dataclasses import dataclass

from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.provider import Provider


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a provider on this machine."""

    reason: str
    """Continues a sentence that begins with the provider's name and a colon."""
    hint: str
    """What helps, naming a command; may be empty."""


@dataclass(frozen=True)
class Probed:
    """One provider, and what it was seen to enforce."""

    provider: Provider
    levels: tuple[Level, ...]
    """Those that held; empty when it is of no use here."""
    diagnosis: Diagnosis | None = None
    """Why a level it is made for did not hold."""
