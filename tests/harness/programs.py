"""Programs that the system's package manager brings; ``.ci/run`` installs them."""

import os
import shutil

import pytest


def require_program(name: str) -> str:
    """Return a program's path; skip the test without it, or fail where CI promised to have it."""
    found = shutil.which(name)
    if found is not None:
        return found
    reason = f"{name} is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
