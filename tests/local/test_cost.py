"""What the shim and ``djobsctl`` pay for importing these modules, in modules, not in seconds."""

import os
import subprocess
import sys

import djobs_local

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(djobs_local.__file__)))
SHIM = "djobs_protocol.endpoint, djobs_local.folders, djobs_protocol.limits"
CLI = "djobs_local.call, djobs_local.presence, djobs_local.settings"


def loaded(statement: str) -> set[str]:
    """Return the modules that a bare interpreter has after a statement."""
    program = f"import sys; sys.path.insert(0, {ROOT!r}); {statement}; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", program]
    return set(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())


def test_the_shims_modules_bring_nothing_but_os() -> None:
    extra = loaded(f"import {SHIM}") - loaded("import os")
    ours = {name for name in extra if name.startswith("djobs_")}
    assert extra - ours <= {"__future__"}
    assert ours == {"djobs_local", "djobs_protocol", *SHIM.split(", ")}


HEAVY = {"typing", "socket", "subprocess", "pathlib", "logging", "dataclasses", "datetime"}
HEAVY |= {"selectors", "tomllib", "hashlib", "ctypes", "inspect", "msgspec", "platformdirs"}


def test_the_command_lines_modules_leave_out_what_is_heavy() -> None:
    assert loaded(f"import {CLI}") & HEAVY == set()
