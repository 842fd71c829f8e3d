"""Load the MCP SDK in the background, once, after the daemon is ready.

Importing it takes a second or two of CPU, so it happens on a worker thread while the handshake is
already being answered.
"""

import importlib
import logging
from types import ModuleType
from typing import TYPE_CHECKING

import anyio

from djobs_daemon.failpoints import failpoint

if TYPE_CHECKING:
    from djobs_daemon.app import App

log = logging.getLogger(__name__)

BRIDGE_MODULE = "djobs_daemon.mcp_server.bridge"


async def load(app: "App") -> None:
    """Import the SDK and everything it needs later; set ``app.mcp``."""
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
    importlib.import_module(BRIDGE_MODULE)


def bridge() -> ModuleType:
    """Return the module that imports the SDK; call only once ``app.mcp_settled``."""
    return importlib.import_module(BRIDGE_MODULE)
