"""Which program a service runs."""

import os
import sys


def installed_daemon() -> str:
    """Return the path of the ``djobsd`` beside the running interpreter.

    The script, not the module: its path is still right when Python below it is replaced.
    """
    return os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "djobsd")
