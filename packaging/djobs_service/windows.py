"""The scheduled task of Windows, by the Task Scheduler's schema 1.2."""

import subprocess
from collections.abc import Sequence
from xml.sax.saxutils import escape

from djobs_service.template import filled


def task(name: str, program: str, arguments: Sequence[str], user: str) -> str:
    """Return the task that runs a program from when the user logs on."""
    return filled(
        "task.xml",
        name=escape(name),
        program=escape(program),
        arguments=escape(subprocess.list2cmdline(arguments)),
        user=escape(user),
    )
