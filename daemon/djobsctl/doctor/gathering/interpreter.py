"""Looking at an interpreter: its environment, its packages, the commands beside it."""

import importlib.util
import os
import subprocess
import sys

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.interpreter import TROUBLES, Interpreter, Script, look
from djobsctl.doctor.place import Place
from djobsctl.installed import source_of

MODULES = (
    "aiosqlite",
    "anyio",
    "cronsim",
    "jsonschema",
    "mcp",
    "msgspec",
    "platformdirs",
    "psutil",
)
"""What the daemon imports; a test compares it with what is declared."""
SCRIPTS = ("djobs-mcp", "djobsctl", "djobsd")
ASK_SECONDS = 10.0
_LINE_BYTES_MAX = 4096

_QUESTION = """
import importlib.util, json, sys
found = {name: importlib.util.find_spec(name) is not None for name in sys.argv[1:]}
base = getattr(sys, "_base_executable", sys.executable)
print(json.dumps([list(sys.version_info[:2]), sys.prefix, base, found]))
"""


def gather(place: Place) -> Interpreter:
    """Look at the interpreter of a place: by itself, or in a process when it is another one."""
    if place.python == sys.executable:
        version, prefix = sys.version_info[:2], sys.prefix
        base = getattr(sys, "_base_executable", sys.executable)
        modules = {name: importlib.util.find_spec(name) is not None for name in MODULES}
    else:
        version, prefix, base, modules = ask(place.python, MODULES)
    return Interpreter(
        executable=place.python,
        version=version,
        prefix=prefix,
        base=base,
        base_is_there=os.path.exists(base),
        made_for=made_for(os.path.join(prefix, "pyvenv.cfg")),
        modules=modules,
        scripts=tuple(scripts(os.path.dirname(place.python))),
        source=source_of(prefix),
    )


def ask(
    python: str, modules: tuple[str, ...]
) -> "tuple[tuple[int, int], str, str, dict[str, bool]]":
    """Return what another interpreter says of itself. ``DjobsError`` when it says nothing."""
    import json

    try:
        done = subprocess.run(
            [python, "-c", _QUESTION, *modules],
            capture_output=True,
            timeout=ASK_SECONDS,
            check=False,
            cwd="/",
        )
        version, prefix, base, found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise DjobsError(
            ErrorCode.START_FAILED,
            f"{python} cannot be run: {error}.",
            hint="Install djobs again, with a Python that runs.",
        ) from None
    return (version[0], version[1]), prefix, base, found


def made_for(config: str) -> tuple[int, int] | None:
    """Return the version in a ``pyvenv.cfg``; None where there is no such file, or none in it."""
    try:
        with open(config, encoding="utf-8", errors="replace") as file:
            lines = file.read(_LINE_BYTES_MAX).splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() in ("version", "version_info"):
            major, _, rest = value.strip().partition(".")
            minor = rest.partition(".")[0]
            return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None
    return None


def scripts(folder: str) -> list[Script]:
    """Return the commands in a folder that begin with the name of an interpreter."""
    found = []
    for name in SCRIPTS:
        path = os.path.join(folder, name)
        interpreter = named_by(path)
        if interpreter:
            found.append(Script(path, interpreter, os.path.exists(interpreter)))
    return found


def named_by(script: str) -> str:
    """Return the interpreter that a script's first lines name; empty when there is none."""
    try:
        with open(script, "rb") as file:
            lines = file.read(_LINE_BYTES_MAX).decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    if not lines or not lines[0].startswith("#!"):
        return ""
    words = lines[0][2:].split()
    # What is too long or has blanks is started by way of a shell: '''exec' "/the/python" …
    if words[:1] == ["/bin/sh"] and len(lines) > 1 and lines[1].startswith("'''exec'"):
        return (
            lines[1].removeprefix("'''exec'").strip().removesuffix('"$0" "$@"').strip().strip("\"'")
        )
    return words[0] if words and words[0] != "/usr/bin/env" else ""


CHECK = Check("interpreter", "Python", TROUBLES, gather, look)
