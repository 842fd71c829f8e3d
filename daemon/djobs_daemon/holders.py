"""Sessions that end, and what they held (R15): released at once when they are verifiably gone."""

import logging
from contextlib import suppress

from djobs_daemon.app import App
from djobs_daemon.scheduler.loop import release_all
from djobs_daemon.store.records import Actor
from djobs_local import identity
from djobs_local.identity import Comparison, ProcessIdentity
from djobs_protocol.errors import DjobsError

log = logging.getLogger(__name__)

OUTLIVING = frozenset({"cli", "daemon"})
"""Kinds of sessions whose claims outlive them: a command ends before the work does."""


def daemon_actor(app: App) -> Actor:
    """Return who acts when the daemon does something by itself."""
    return Actor(session=f"daemon-{app.instance.id[:12]}", kind="daemon", pid=app.instance.pid)


def identified(actor: Actor) -> Actor:
    """Return the actor with what names its process for ever (R4)."""
    found = identity.of_process(actor.pid) if actor.pid > 1 else None
    if found is None:
        return actor
    return actor._replace(process_start=found.start, boot=found.boot, pid_namespace=found.pidns)


async def session_ended(app: App, actor: Actor) -> None:
    """Give back what a session held whose client has left.

    Not while the daemon stops: a shim brings its session to the next one.
    """
    stays = any(each.session == actor.session for each in app.connections.known())
    if app.stopping.is_set() or actor.kind in OUTLIVING or stays:
        return
    with suppress(DjobsError):  # a store that cannot write now leaves it to the end of the lease
        await _release(app, actor.session, "its session ended")


async def release_the_dead(app: App) -> None:
    """Give back what is held by processes that died while no daemon looked."""
    for holder in await app.store.read(lambda view: view.holders()):
        if holder.kind in OUTLIVING:
            continue
        recorded = ProcessIdentity(
            holder.pid, holder.process_start, holder.boot, holder.pid_namespace
        )
        if identity.compare(recorded) is Comparison.GONE:
            await _release(app, holder.session, "its session is gone")


async def give_back_what_the_dead_hold(app: App) -> None:
    """Do as ``release_the_dead``; a store that cannot write now leaves it to the leases."""
    with suppress(DjobsError):
        await release_the_dead(app)


async def _release(app: App, session: str, why: str) -> None:
    released = await release_all(app.store, daemon_actor(app), session, why)
    if released:
        log.info("Jobs were given back.", extra={"session": session, "jobs": released})
