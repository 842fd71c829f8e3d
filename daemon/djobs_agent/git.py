"""Calling git: without hooks, prompts or the variables of whoever called us."""

import os
import subprocess
from collections.abc import Mapping
from typing import Final

SECONDS_MAX: Final = 600
"""Of one call, on the largest repository."""
_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
_NO_HOOKS: Final = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")


class GitFailed(Exception):
    """What git said, or that there is no git."""


def environment(environ: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return git's variables: nothing that points to another repository."""
    plain = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    return {**plain, **_QUIET, **more}


def call(*arguments: str, cwd: str, environ: Mapping[str, str], into: int | None = None) -> bytes:
    """Return what git prints, or write it to the descriptor ``into``; raise ``GitFailed``."""
    try:
        done = subprocess.run(
            ["git", *_NO_HOOKS, *arguments],
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if into is None else into,
            stderr=subprocess.PIPE,
            timeout=SECONDS_MAX,
            check=False,
        )
    except FileNotFoundError:
        raise GitFailed("git is not installed; agents need it to tell what they changed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitFailed(f"git {arguments[0]} could not be run: {error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitFailed(f"git {arguments[0]}: {said[-1] if said else done.returncode}")
    return done.stdout or b""


def names(raw: bytes) -> list[str]:
    """Return the paths of an output of ``-z``."""
    return [os.fsdecode(each) for each in raw.split(b"\0") if each]
