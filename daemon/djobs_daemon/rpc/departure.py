"""Telling a peer that is gone from one that has only said its last word.

Both look the same to who reads: the end. The one still wants its answers, for the other there is
nobody to answer.
"""

import select
import sys

import anyio


async def wait_gone(descriptor: int) -> None:
    """Return when the peer of a socket has closed both its halves; never before that.

    Cancel it before the socket is closed here.
    """
    if sys.platform == "linux":
        await _wait_hung_up(descriptor)
    elif hasattr(select, "kqueue"):
        await _wait_cannot_send(descriptor)
    else:
        await anyio.sleep_forever()


if sys.platform == "linux":

    async def _wait_hung_up(descriptor: int) -> None:
        with select.epoll() as events:
            # Asked for nothing, it tells of EPOLLHUP alone; the loop would tell of the end again
            # and again.
            events.register(descriptor, 0)
            await anyio.wait_readable(events.fileno())

else:

    async def _wait_cannot_send(descriptor: int) -> None:
        queue = select.kqueue()
        try:
            flags = select.KQ_EV_ADD | select.KQ_EV_CLEAR
            queue.control([select.kevent(descriptor, select.KQ_FILTER_WRITE, flags)], 0)
            while not any(event.flags & select.KQ_EV_EOF for event in queue.control(None, 1, 0)):
                await anyio.wait_readable(queue.fileno())
        finally:
            queue.close()
