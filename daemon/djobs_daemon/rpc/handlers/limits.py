"""Limits: how many jobs of something may run at once, or start in a time."""

from djobs_daemon.app import App
from djobs_daemon.queue.limits import bounds, limited, not_limited, present_limit
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import LIMITS_MAX
from djobs_protocol.queue_replies import LimitList
from djobs_protocol.queue_requests import ClearLimit, SetLimit


async def set_limit(app: App, actor: Actor, request: SetLimit, key: RequestKey | None) -> bytes:
    """Limit a type, a workspace or a resource."""
    what, allowed = limited(request, actor.workspace), bounds(request)

    def work(ledger: Ledger) -> LimitList:
        ledger.limit(what, allowed)
        if len(ledger.limits()) > LIMITS_MAX:
            raise DjobsError(
                ErrorCode.CONFLICT, f"There are {LIMITS_MAX} limits already; clear some first."
            )
        return _listed(ledger, ledger.now)

    return await app.store.write(actor, work, key)


async def clear_limit(app: App, actor: Actor, request: ClearLimit, key: RequestKey | None) -> bytes:
    """End a limit."""
    what = limited(request, actor.workspace)

    def work(ledger: Ledger) -> LimitList:
        if not ledger.unlimit(what):
            raise not_limited(what)
        return _listed(ledger, ledger.now)

    return await app.store.write(actor, work, key)


async def list_limits(app: App) -> LimitList:
    """Show the limits, and how they stand."""
    return await app.store.read(lambda view: _listed(view, app.work.clock.wall()))


def _listed(view: View, now: int) -> LimitList:
    return LimitList(limits=[present_limit(each, now) for each in view.limits()])
