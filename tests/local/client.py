"""One client process: make sure that the stand-in daemon runs, and print what came of it as JSON.

``python client.py STATE DEADLINE_SECONDS [SPAWN]``
"""

import json
import os
import sys
import time

from djobs_local import presence, start
from djobs_protocol.errors import DjobsError

STAND_IN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand_in_daemon.py")


def main() -> None:
    state, deadline = sys.argv[1], float(sys.argv[2])
    began = time.monotonic()
    try:
        start.ensure_running(state, deadline, "test", start.Terms(daemon_main=STAND_IN))
        said = {"instance": presence.look(state, deadline).instance}
    except DjobsError as error:
        said = {"code": str(error.code), "message": error.message, **error.data}
    sys.stdout.write(json.dumps({**said, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
