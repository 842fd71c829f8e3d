"""``djobsd --check``: say whether the code that lies here would serve.

A daemon asks this of its successor before it lets go of anything (R17). Loads everything a start
loads, reads the settings and the version of the database, and opens nothing for writing.
"""

import json
import os
import sys
from importlib import import_module
from typing import Any, Final

from djobs_daemon.options import Options
from djobs_local import settings
from djobs_protocol import endpoint
from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode
from djobs_protocol.version import SCHEMA_VERSION, VERSION

PARTS: Final = (
    "djobs_daemon.lifecycle",
    "djobs_daemon.equipment",
    "djobs_daemon.mcp_server.server",
)
"""All that a daemon consists of, in the order in which it is loaded."""


def run(options: Options) -> int:
    """Print a line of JSON, and return an exit status: 0 when it would serve."""
    if options.home is not None:
        os.environ["DJOBS_HOME"] = os.path.abspath(options.home)
    try:
        found = look()
    except DjobsError as refusal:
        return _say({"failed": f"{refusal.message} {refusal.hint}"}, refusal.exit_status)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it would not serve
        status = CATALOGUE[ErrorCode.INTERNAL].exit
        return _say({"failed": f"{type(error).__name__}: {error}"}, status)
    return _say(found, 0)


def look() -> dict[str, Any]:
    """Return what this code is; ``DjobsError``, or any exception, when it would not serve."""
    for name in PARTS:
        import_module(name)
    from djobs_daemon.store.sqlite.files import judge

    loaded = settings.load(endpoint.state_dir(), os.environ)
    judge(loaded.db_path)
    return {"build": VERSION, "schema": SCHEMA_VERSION}


def _say(words: dict[str, Any], status: int) -> int:
    sys.stdout.write(json.dumps(words) + "\n")
    return status
