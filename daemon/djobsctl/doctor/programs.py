"""Asking programs, each in a process of its own: the daemon's in JSON, the shim its version."""

import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from djobsctl.doctor.place import Place
from djobsctl.offline import OFFLINE_MODULE, read_answer

ASK_SECONDS = 30.0
VERSION_SECONDS = 10.0


def ask(place: Place, module: str, *arguments: str, seconds: float = ASK_SECONDS) -> dict[str, Any]:
    """Return the answer of a module. ``DjobsError`` with what it refused, or that it died."""
    command = [place.python, "-P", "-m", module, *arguments, "--json"]
    try:
        done = subprocess.run(
            command,
            env=dict(place.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        from djobs_protocol.errors import DjobsError, ErrorCode

        raise DjobsError(
            ErrorCode.DEADLINE_EXCEEDED, f"{module} did not end within {seconds:g} s."
        ) from None
    return read_answer(done.stdout, done.stderr.decode("utf-8", "replace"), done.returncode)


def ask_version(
    command: Sequence[str], environ: Mapping[str, str], folder: str | None = None
) -> tuple[int, str]:
    """Start a program as an agent does, for no longer than it takes to say its version.

    Return its exit status and the last line it printed. ``OSError`` when it cannot be started,
    ``subprocess.TimeoutExpired`` after ``VERSION_SECONDS``.
    """
    done = subprocess.run(
        [*command, "--version"],
        env=dict(environ),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=VERSION_SECONDS,
        check=False,
    )
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    return done.returncode, lines[-1] if lines else ""


def verify(place: Place, *arguments: str) -> list[str]:
    """Return what is wrong with a database that nobody serves; nothing when it is sound."""
    report = ask(place, OFFLINE_MODULE, *arguments)
    return [str(each) for each in report.get("problems", [])]
