"""How deep in jobs a client works: by its own word, and by whose process it is (R53)."""

from collections.abc import Mapping

from djobs_daemon.app import App
from djobs_local.environment import DEPTH, stated_depth


def depth_of_client(app: App, pid: int, stated: int) -> int:
    """Return the depth of the job that a client works inside, 0 for one outside of jobs.

    A client may state more than is so, which only binds it; less than what the kernel says of its
    ancestors is not believed.
    """
    known = 0 if app.dispatcher is None else app.dispatcher.whereabouts.depth_around(pid)
    return max(stated, known)


def depth_of_shim(app: App, pid: int, environ: Mapping[str, str]) -> int:
    """Return the same for a shim, which sends its variables."""
    return depth_of_client(app, pid, stated_depth(environ.get(DEPTH, "")))
