"""Entering the daemon with the service manager of the user's session (R32, R33).

``plan`` says which files that takes and which commands, and does nothing. ``python -m
djobs_service`` prints the file of this system; ``djobsctl service install`` does it.
"""

from djobs_service.plan import Plan, Target, plan
from djobs_service.program import installed_daemon

__all__ = ["Plan", "Target", "installed_daemon", "plan"]
