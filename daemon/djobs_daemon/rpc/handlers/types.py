"""Types: what their jobs get where they do not say it themselves."""

from djobs_daemon.app import App
from djobs_daemon.queue.types import NONE, changed, present_types
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, RequestKey
from djobs_protocol.queue_replies import TypeList
from djobs_protocol.queue_requests import SetType


async def set_type(app: App, actor: Actor, request: SetType, key: RequestKey | None) -> bytes:
    """Change the defaults of a type."""

    def work(ledger: Ledger) -> TypeList:
        before = ledger.type_defaults().get(request.type, NONE)
        ledger.set_type_defaults(request.type, changed(before, request))
        return _listed(ledger)

    return await app.store.write(actor, work, key)


async def types(app: App) -> TypeList:
    """Show the types that have defaults."""
    return await app.store.read(_listed)


def _listed(view: View) -> TypeList:
    return TypeList(types=present_types(view.type_defaults()))
