"""Who confines a job: the first that was proven to, or a refusal. Pure; never a weaker one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.provider import Provider
from djobs_daemon.executors.sandbox.unconfined import Unconfined
from djobs_daemon.executors.sandbox.verdict import Probed
from djobs_protocol.errors import DjobsError, ErrorCode

PREFERENCE: Final = ("bubblewrap", "seatbelt", "srt")
"""By name; a provider that is not listed is not chosen."""


@dataclass(frozen=True)
class Choice:
    """What will confine a job, and how far: ``Confinement.network`` is true only for ``write``."""

    provider: Provider
    level: Level

    @property
    def recorded(self) -> str:
        """What the job's record says was enforced."""
        return self.level if self.level is Level.NONE else f"{self.level} by {self.provider.name}"


def choose(
    required: Level, probed: Sequence[Probed], preference: Sequence[str] = PREFERENCE
) -> Choice:
    """Return the first preferred provider that holds ``required`` here.

    One that holds only more, because it cannot leave the network open, is not taken for less: the
    work would fail in it. Refuses with ``SANDBOX_UNAVAILABLE``, each one's reason and what helps.
    """
    if required is Level.NONE:
        return Choice(Unconfined(), required)
    by_name = {each.provider.name: each for each in probed}
    considered = [by_name[name] for name in preference if name in by_name]
    for each in considered:
        if required in each.levels:
            return Choice(each.provider, required)
    raise DjobsError(
        ErrorCode.SANDBOX_UNAVAILABLE,
        f"Nothing on this machine enforces the sandbox level {required}: {_reasons(considered)}.",
        required=str(required),
        hint=next(
            (each.diagnosis.hint for each in considered if each.diagnosis and each.diagnosis.hint),
            "`djobsctl status` says what was tried.",
        ),
    )


def _reasons(considered: Sequence[Probed]) -> str:
    said = [
        f"{each.provider.name}: "
        + (each.diagnosis.reason if each.diagnosis else "it is not made for this level")
        for each in considered
    ]
    return "; ".join(said) or "no provider is known for this system"
