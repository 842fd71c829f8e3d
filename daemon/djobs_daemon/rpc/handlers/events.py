"""The history forwards: what comes after an offset, and waiting for it."""

import anyio

from djobs_daemon.app import App
from djobs_daemon.queue.feed import page, require_reached, selection
from djobs_daemon.queue.present import milliseconds
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import FeedFilter
from djobs_protocol.reading_replies import EventPage
from djobs_protocol.reading_requests import EventSelection, ReadEvents


async def read(app: App, request: ReadEvents) -> EventPage:
    """Return what comes after an offset; wait for it as long as asked."""
    which = selection(request)
    found = await look(app, which, await beginning(app, request), request.limit)
    if _tells(found) or not request.wait_seconds:
        return found
    with anyio.move_on_after(request.wait_seconds):
        while not _tells(found):
            if not found.more:
                with app.requests.resting():
                    await app.work.feed.beyond(found.offset)
            found = await look(app, which, found.offset, request.limit)
    return found


async def beginning(app: App, request: EventSelection) -> int:
    """Return the offset that a request begins after; the end, unless it names another."""
    if request.after is not None:
        return request.after
    since = None if request.since is None else milliseconds(request.since)

    def work(view: View) -> int:
        if since is not None:
            return view.offset_at(since)
        return view.events_after(FeedFilter(), None, 1).offset

    return await app.store.read(work)


async def look(app: App, which: FeedFilter, after: int, limit: int) -> EventPage:
    """Return a page of what is there."""
    found = await app.store.read(lambda view: view.events_after(which, after, limit))
    require_reached(after, found)
    return page(after, found)


def _tells(found: EventPage) -> bool:
    return bool(found.events) or found.lagged is not None
