"""Units that start the daemon with the user's session.

``python -m djobs_service`` prints the systemd user unit with the path of this installation's
``djobsd`` filled in; nothing is installed.
"""

import os
import sys
from importlib.resources import files

SYSTEMD_TEMPLATE = "djobs.service"
EXECUTABLE = "@DJOBSD@"


def systemd_unit(executable: str) -> str:
    """Return the systemd user unit that runs ``executable``, an absolute path.

    Spaces and percent signs are escaped as systemd.service(5), "Command lines", asks.
    """
    if not os.path.isabs(executable):
        raise ValueError(f"{executable!r} is not an absolute path")
    quoted = executable.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    template = (files(__name__) / SYSTEMD_TEMPLATE).read_text("utf-8")
    return template.replace(EXECUTABLE, f'"{quoted}"' if " " in quoted else quoted)


def installed_daemon() -> str:
    """Return the path of the ``djobsd`` beside the running interpreter."""
    return os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "djobsd")
