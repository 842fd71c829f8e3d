"""Recorded terminal sessions: what is typed, what is printed, how it ends.

A line ``$ djobsctl …`` is run in the home; ``% …`` does something to the home from outside,
``% become STATE`` brings it into a state of ``states`` until the session ends. What a command
prints follows, standard error marked ``! ``, and ``[n]`` when its exit status is not 0. Whatever
differs from run to run is masked; a typed ``/HOME`` is the home, a typed ``j3xx`` the third job.
``DJOBS_UPDATE_GOLDEN=1`` writes the files anew.
"""

import re
import shlex
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from djobs_setup.command import shim_file, stable
from tests.cli.command import djobsctl, enqueue
from tests.cli.states import made
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome

_SPAN: Final = r"\d+(?:\.\d+)? (?:s|min|h|d)(?: \d+ (?:s|min|h))?"
MASKS: Final = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"(?m)^ *MCP: loading\n", ""),
    (r"pid([ =])\d+", r"pid\1PID"),
    (r"start-\d+-\d+\.log", "start-N.log"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?", "TIME"),
    (r"\b\d\d:\d\d:\d\d\b", "TIME"),
    (r"\bjust started\b", "started AGO"),
    (r"\bits (?:log|record|database) was written", "SOMETHING was written"),
    (rf"(?:in )?{_SPAN} ago|(?<!-)\bnow\b", "AGO"),
    (rf"\b{_SPAN}\b", "SPAN"),
    (r"\d+(?:\.\d+)? (?:B|KiB|MiB)\b", "SIZE"),
    (r"SQLite \d[\d.]+", "SQLite VERSION"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b", "UUID"),
    (r"\bj(\d+)[b-z]{2}\b", r"j\1xx"),
    (r"\brpc-[0-9a-f]{3,}(?:-\d+)?\b", "SESSION"),
    (r"\bsession [0-9a-f]{12}\b", "session SESSION"),
    (r"'[0-9a-f]{32}'", "'INSTANCE'"),
    (r"\b[0-9a-f]{32}\b", "SESSION"),
    (r"python='[\d.]+'", "python='VERSION'"),
    (r"\b(djobs|djobsctl) 0\.[\d.]+\d", r"\1 VERSION"),
    (r"build='[\d.]+'", "build='VERSION'"),
    (r"\bdjobs-[0-9a-f]{8}\b", "djobs-HASH"),
    (r"\S+ -I -S \S+/djobs_hook/__main__\.py", "PYTHON -I -S HOOK"),
    (r"ExecStart=\S+", "ExecStart=DJOBSD"),
    (r"=PATH=.*", "=PATH=PATH"),
    (r"(?<=\S) {2,}", "  "),
)


BECOME: Final = "% become "


def mask(text: str, home: DaemonHome) -> str:
    """Return the text with everything replaced that is different each time."""
    text = text.replace(home.state, "/HOME").replace(home.folder.name, "HOME")
    text = text.replace(stable(PYTHON), "PYTHON").replace(shim_file(), "SHIM")
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text


def replay(session: str, home: DaemonHome) -> str:
    """Do everything a recorded session does, and return it as it went this time."""
    lines = []
    with ExitStack() as states:
        for line in session.splitlines():
            if line.startswith("$ "):
                lines += [line, *_typed(line, home)]
            elif line.startswith(BECOME):
                states.enter_context(made(line.removeprefix(BECOME), home))
                lines.append(line)
            elif line.startswith("% "):
                _do(line[2:], home)
                lines.append(line)
            elif line.startswith("# ") or not line:
                lines.append(line)
    return "\n".join(lines) + "\n"


def _typed(line: str, home: DaemonHome) -> list[str]:
    typed = re.sub(r"\bj(\d+)xx\b", lambda found: _job(home, found[1]), line[2:])
    words = shlex.split(typed.replace("/HOME", home.state))
    assert words[0] == "djobsctl", line
    ran = djobsctl(home, *words[1:], folder=home.state)
    shown = mask(ran.stdout, home).splitlines()
    # What a command says while it waits depends on how long it has to.
    talk = [each for each in mask(ran.stderr, home).splitlines() if not each.endswith(" ...")]
    shown += [f"! {each}" for each in talk]
    if ran.status:
        shown.append(f"[{ran.status}]")
    return [each or "~" for each in shown]


def _do(words: str, home: DaemonHome) -> None:
    name, *arguments = shlex.split(words)
    ACTIONS[name](home, *arguments)


def _job(home: DaemonHome, number: str) -> str:
    """Return the id of the job with a number."""
    with home.connect() as connection:
        ids = [str(each["id"]) for each in connection.call("job.list", {"limit": 500})["jobs"]]
    return next(each for each in ids if re.fullmatch(rf"j{number}[b-z]{{2}}", each))


def _complete(home: DaemonHome, number: str, evidence: str) -> None:
    with home.connect() as connection:
        asked = {"job_id": _job(home, number), "evidence": evidence}
        connection.call("job.complete", asked)


def _fail(home: DaemonHome, number: str, error: str) -> None:
    with home.connect() as connection:
        connection.call("job.fail", {"job_id": _job(home, number), "error": error})


def _printed(home: DaemonHome, number: str) -> None:
    """Wait until a job's work has printed something."""
    with home.connect() as connection:
        asked = {"job_id": _job(home, number), "wait_seconds": PATIENCE_SECONDS}
        assert connection.call("job.log", asked)["data"]


def _ended(home: DaemonHome, number: str) -> None:
    """Wait until a job has ended."""
    with home.connect() as connection:
        asked = {"job_ids": [_job(home, number)], "wait_seconds": PATIENCE_SECONDS}
        assert connection.call("job.wait", asked)["done"]


def _set(home: DaemonHome, name: str, value: str) -> None:
    home.env[name] = value.replace("/HOME", home.state)


def _move_in(home: DaemonHome) -> None:
    """Be a user with a home of their own, and with no agent's program on PATH."""
    home.env.update(HOME=home.state + "/user", PATH="/usr/bin:/bin")


def _write(home: DaemonHome, name: str, content: str) -> None:
    path = Path(home.state, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")


ACTIONS: Final[dict[str, Callable[..., object]]] = {
    "enqueue": enqueue,
    "complete": _complete,
    "ended": _ended,
    "fail": _fail,
    "freeze": DaemonHome.sigstop,
    "move-in": _move_in,
    "printed": _printed,
    "set": _set,
    "write": _write,
}
