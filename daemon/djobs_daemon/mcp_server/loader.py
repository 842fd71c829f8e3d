"""Load the MCP SDK in the background, once, when the first shim attaches or soon after the start.

Importing it takes a second of CPU, which a start at log-in and a daemon that lives for one command
do without. It happens on a worker thread while the handshake is already being answered. It is not
left for later than seconds: an upgrade may replace the files below a running daemon (R46).
"""

import importlib
import logging
from types import ModuleType
from typing import TYPE_CHECKING

import anyio

from djobs_daemon import collecting
from djobs_daemon.failpoints import failpoint

if TYPE_CHECKING:
    from djobs_daemon.app import App

log = logging.getLogger(__name__)

BRIDGE_MODULE = "djobs_daemon.mcp_server.bridge"

UNASKED_SECONDS = 10.0
"""So long after the start the SDK is loaded although no shim came."""

HANDSHAKE_FIRST_SECONDS = 0.1
"""The import holds the interpreter most of the time; an editor's first two questions go before."""


async def load_when_wanted(app: "App") -> None:
    """Wait for the first shim, import the SDK and what it needs later, and set ``app.mcp``.

    The SDK's absence leaves everything else working (R46).
    """
    with anyio.move_on_after(UNASKED_SECONDS):
        await app.mcp_wanted.wait()
    await anyio.sleep(HANDSHAKE_FIRST_SECONDS)
    app.mcp = "loading"
    try:
        await anyio.to_thread.run_sync(_import_bridge, abandon_on_cancel=True)
    except Exception as error:  # a broken SDK must not take the other doors down
        log.exception("the MCP SDK cannot be loaded")
        app.problems["mcp"] = f"The MCP SDK cannot be loaded: {error}"
        app.mcp = "failed"
    else:
        app.mcp = "ready"
    finally:
        app.mcp_settled.set()


def _import_bridge() -> None:
    failpoint("mcp.load")
    with collecting.paused():
        importlib.import_module(BRIDGE_MODULE)


def bridge() -> ModuleType:
    """Return the module that imports the SDK; call only once ``app.mcp_settled``."""
    return importlib.import_module(BRIDGE_MODULE)
