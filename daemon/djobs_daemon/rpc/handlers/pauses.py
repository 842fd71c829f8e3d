"""Pause and resume: while something is paused no claim takes it; what runs goes on."""

from djobs_daemon.app import App
from djobs_daemon.queue.pauses import not_paused, present_pause, target
from djobs_daemon.queue.texts import bounded_if_given
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, RequestKey
from djobs_protocol.queue_replies import PauseList
from djobs_protocol.queue_requests import PauseWork, ResumeWork


async def pause(app: App, actor: Actor, request: PauseWork, key: RequestKey | None) -> bytes:
    """Pause everything, a workspace, or a type."""
    what = target(request.scope, request.subject, actor.workspace)
    reason = bounded_if_given("reason", request.reason)

    def work(ledger: Ledger) -> PauseList:
        ledger.pause(what.scope, what.subject, reason)
        return _listed(ledger)

    return await app.store.write(actor, work, key)


async def resume(app: App, actor: Actor, request: ResumeWork, key: RequestKey | None) -> bytes:
    """End a pause."""
    what = target(request.scope, request.subject, actor.workspace)

    def work(ledger: Ledger) -> PauseList:
        if not ledger.resume(what.scope, what.subject):
            raise not_paused(what)
        return _listed(ledger)

    return await app.store.write(actor, work, key)


async def pauses(app: App) -> PauseList:
    """Show what is paused."""
    return await app.store.read(_listed)


def _listed(view: View) -> PauseList:
    return PauseList(pauses=[present_pause(each) for each in view.pauses()])
