"""All of it in one call: from what a type requires to the command line that is started."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from djobs_daemon.executors.sandbox import places
from djobs_daemon.executors.sandbox.choosing import PREFERENCE, choose
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.provider import Wrapped
from djobs_daemon.executors.sandbox.unconfined import Unconfined
from djobs_daemon.executors.sandbox.verdict import Probed
from djobs_protocol.errors import DjobsError, ErrorCode


@dataclass(frozen=True)
class Wish:
    """What a type of work requires."""

    level: Level = Level.NONE
    read_write: tuple[str, ...] = ()
    """Folders besides the workspace: caches, as a rule. Absolute."""
    read_only: tuple[str, ...] = ()
    """In the workspace, relative or absolute."""
    git: bool = False
    """Whether it may commit in the workspace: write in ``.git``, but for hooks and settings."""
    hidden: tuple[str, ...] = ()
    """Besides the secrets that are known. Absolute."""
    revealed: tuple[str, ...] = ()
    """Known secrets that it may read all the same: its own login. Absolute."""
    preference: tuple[str, ...] = PREFERENCE


@dataclass(frozen=True)
class Surrounding:
    """What is to know of the machine."""

    probed: Sequence[Probed]
    """As ``finding.look`` found them when the daemon started."""
    home: str
    own: tuple[str, ...]
    """djobs' own folders: the state folder, that of the socket."""
    sockets: Iterable[str] | None = None
    """Unix sockets that are listened on; None: those that are found."""


@dataclass(frozen=True)
class Confined:
    """A command line to start, and what its job's record says about it."""

    wrapped: Wrapped
    recorded: str
    """For ``sandbox_enforced``: ``none``, or the level and by whom."""


def confined(
    argv: tuple[str, ...],
    environ: Mapping[str, str],
    *,
    workspace: str,
    cwd: str,
    wish: Wish,
    around: Surrounding,
) -> Confined:
    """Return what to start. Looks at the disk: call it just before the start.

    ``DjobsError``: ``SANDBOX_UNAVAILABLE`` when nothing here enforces the level, and
    ``INVALID_PARAMS`` for a wish that cannot be granted, naming it.
    """
    choice = choose(wish.level, around.probed, wish.preference)
    if isinstance(choice.provider, Unconfined):
        return Confined(Wrapped(argv, dict(environ), None, monitored=False), choice.recorded)
    confinement = places.confine(
        workspace,
        home=around.home,
        network=choice.level is Level.WRITE,
        cwd=cwd,
        git=wish.git,
        read_write=wish.read_write,
        read_only=wish.read_only,
        hidden=wish.hidden,
        revealed=wish.revealed,
        own=around.own,
        sockets=around.sockets,
    )
    try:
        return Confined(choice.provider.wrap(argv, confinement, environ), choice.recorded)
    except ValueError as error:
        name = choice.provider.name
        raise DjobsError(
            ErrorCode.INVALID_PARAMS, f"{name} cannot confine this: {error}."
        ) from None
