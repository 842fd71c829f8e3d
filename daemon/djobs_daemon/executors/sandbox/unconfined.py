"""No confinement at all, for work that asks for none."""

from collections.abc import Mapping
from dataclasses import dataclass

from djobs_daemon.executors.sandbox.confinement import Confinement, Level
from djobs_daemon.executors.sandbox.provider import Wrapped


@dataclass(frozen=True)
class Unconfined:
    """Executes a command as it is."""

    name: str = "none"
    levels: tuple[Level, ...] = (Level.NONE,)

    def wrap(
        self, argv: tuple[str, ...], confinement: Confinement, environ: Mapping[str, str]
    ) -> Wrapped:
        """Return the command itself."""
        return Wrapped(argv, dict(environ), None, monitored=False)
