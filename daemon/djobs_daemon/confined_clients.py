"""What clients may ask for that a job's sandbox confines: no more than the sandbox lets them do."""

from typing import Final

import anyio

from djobs_daemon.app import App
from djobs_daemon.queue.inheritance import Inherited
from djobs_daemon.store.records import Actor
from djobs_protocol.errors import DjobsError, ErrorCode

ADOPTION_SECONDS: Final = 30.0
"""A daemon that has started knows of everything that runs within milliseconds."""


async def inherited_by(app: App, actor: Actor) -> Inherited | None:
    """Return what confines a client, because it works inside a run that is; None: nothing.

    Asked anew for each request: a connection may be older than what the daemon knows.
    """
    if app.dispatcher is None:
        return None
    with anyio.move_on_after(ADOPTION_SECONDS):
        await app.dispatcher.adopted.wait()
        return app.dispatcher.whereabouts.inherited_by(actor.pid)
    raise DjobsError(
        ErrorCode.DEADLINE_EXCEEDED, "The daemon does not know yet what runs, and so who asks."
    )


async def require_unconfined(app: App, actor: Actor, what: str) -> None:
    """Raise ``COMMAND_REFUSED`` where a client's sandbox would be left by what it asks for."""
    inherited = await inherited_by(app, actor)
    if inherited is not None:
        raise DjobsError(
            ErrorCode.COMMAND_REFUSED,
            f"{what} is not for work that is confined ({inherited.level}): it would act outside of "
            "its sandbox.",
        )
