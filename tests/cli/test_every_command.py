"""Every command, whatever the daemon is at (R50): one document, its documented status, in time."""

import shlex
from pathlib import Path
from typing import Final

import pytest

from djobs_protocol.errors import CATALOGUE
from djobsctl.commands.table import COMMANDS
from tests.cli.command import Ran, djobsctl
from tests.cli.states import MAKERS, made
from tests.harness.daemon import DaemonHome
from tests.harness.length import all_but_slow

CALLS: Final = {
    "init": "init --dry-run",
    "status": "status",
    "doctor": "doctor",
    "top": "top",
    "submit": "submit -- true",
    "enqueue": "enqueue review",
    "claim": "claim",
    "heartbeat": "heartbeat j1bb --generation 1",
    "release": "release j1bb --generation 1",
    "complete": "complete j1bb",
    "fail": "fail j1bb --error broken",
    "list": "list",
    "show": "show j1bb",
    "why": "why j1bb",
    "retry": "retry --failed",
    "cancel": "cancel j1bb",
    "skip": "skip j1bb",
    "amend": "amend j1bb --priority 2",
    "apply": "apply j1bb",
    "undo": "undo j1bb",
    "accept-before": "accept-before j1bb",
    "pause": "pause --type nothing",
    "resume": "resume --type nothing",
    "stale": "stale",
    "notice deliver": "notice deliver done k me",
    "notice list": "notice list",
    "schedule set": "schedule set nightly --type t --cron '0 3 * * *'",
    "schedule list": "schedule list",
    "schedule pause": "schedule pause nightly",
    "schedule resume": "schedule resume nightly",
    "schedule remove": "schedule remove nightly",
    "archive": "archive --correlation w",
    "purge": "purge",
    "limit set": "limit set --type t --running 1",
    "limit clear": "limit clear --type t",
    "limit list": "limit list",
    "budget": "budget",
    "budget allow": "budget allow j1bb",
    "type list": "type list",
    "type set": "type set t --priority 3",
    "agents": "agents",
    "agent register": "agent register me",
    "agent heartbeat": "agent heartbeat me",
    "audit": "audit",
    "report": "report",
    "wait": "wait j1bb --timeout 1",
    "logs": "logs",
    "start": "start",
    "stop": "stop --timeout 1",
    "restart": "restart --timeout 1",
    "install-instructions": "install-instructions --dry-run",
    "install-hooks": "install-hooks --dry-run",
    "service install": "service install --dry-run",
    "service remove": "service remove --dry-run",
    "service status": "service status",
    "upgrade": "upgrade --again",
    "install-mcp": "install-mcp --dry-run",
    "repair": "repair --dry-run",
    "remove": "remove --dry-run",
    "uninstall": "uninstall --dry-run",
    "config": "config",
    "import": "import .",
    "backup": "backup --list",
    "restore": "restore strange.db --yes",
    "db verify": "db verify",
    "db rebuild": "db rebuild --yes",
    "schema": "schema",
    "completion": "completion bash",
    "man": "man",
    "help": "help",
}
STREAMS: Final = {"watch": "watch", "export": "export jobs"}
"""What prints a line for each thing, not one document."""
ELSEWHERE: Final = {"demo", "bench"}
"""They work in homes of their own."""
LAST: Final = ("start", "stop", "restart", "upgrade", "db rebuild")
"""They change the state, so each has it to itself."""


def run(home: DaemonHome, folder: Path, call: str) -> Ran:
    plain = shlex.split(call)
    place = str(folder)
    (folder / "strange.db").write_text("no backup")
    environ = {"HOME": place, "PATH": "/usr/bin:/bin"}
    if "--" in plain:
        plain.insert(plain.index("--"), "--json")
    else:
        plain.append("--json")
    return djobsctl(home, *plain, folder=place, **environ)


def judge(call: str, ran: Ran) -> None:
    """Fail unless a program and a person can tell what came of it, and what to do."""
    assert "Traceback" not in ran.stderr, (call, ran)
    document = ran.document
    if document["schema"] == "djobs.error/1":
        error = document["error"]
        assert error["code"] not in ("internal", "invalid_params"), (call, ran)
        assert ran.status == CATALOGUE[error["code"]].exit == error["exit_status"], (call, ran)
        assert error["message"], (call, ran)
        assert error["hint"], (call, ran)
    else:
        assert 0 <= ran.status < 128, (call, ran)


def test_every_command_is_called() -> None:
    assert [name for name in COMMANDS if name not in {*STREAMS, *ELSEWHERE}] == [*CALLS]
    assert {*LAST} <= CALLS.keys()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("state", all_but_slow(0, MAKERS))
def test_every_command_says_in_every_state_what_came_of_it(
    state: str, daemon_home: DaemonHome, tmp_path: Path
) -> None:
    with made(state, daemon_home):
        for name, call in CALLS.items():
            if name not in LAST:
                judge(call, run(daemon_home, tmp_path, call))
        for call in STREAMS.values():
            ran = run(daemon_home, tmp_path, call)
            assert "Traceback" not in ran.stderr, (call, ran)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("state", all_but_slow(0, MAKERS))
@pytest.mark.parametrize("name", LAST)
def test_a_command_that_changes_the_state_says_what_came_of_it(
    name: str, state: str, daemon_home: DaemonHome, tmp_path: Path
) -> None:
    with made(state, daemon_home):
        judge(name, run(daemon_home, tmp_path, CALLS[name]))
