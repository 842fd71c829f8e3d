"""No client opens the database, least of all when there is no daemon (R5)."""

import json
import subprocess
import sys

import pytest

from tests.harness.daemon import DaemonHome

PROGRAM = """
import json, sys

opened = []

def watch(event, arguments):
    if event in ("open", "os.open", "sqlite3.connect"):
        opened.append(str(arguments[0]))

sys.addaudithook(watch)
sys.argv = ["djobsctl", *sys.argv[1:]]
from djobsctl.__main__ import main

try:
    status = main()
except SystemExit as end:
    status = end.code
sys.stderr.write("\\n" + json.dumps({"opened": opened, "status": status}))
"""


@pytest.mark.parametrize(
    "command", [["list"], ["show", "j1kt"], ["audit"], ["status"], ["config"], ["logs"]]
)
def test_a_command_without_a_daemon_fails_with_the_reason_and_opens_no_database(
    daemon_home: DaemonHome, command: list[str]
) -> None:
    daemon_home.start()
    daemon_home.kill9()
    (daemon_home.folder / "config.toml").write_text("log_level = 'LOUD'\n")

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command],
        env=daemon_home.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    told = json.loads(done.stderr.rpartition("\n")[2])
    assert told["opened"], "the hook saw nothing at all"
    assert not [path for path in told["opened"] if "jobs.db" in path]
    if command[0] in ("list", "show", "audit"):
        assert told["status"] in (71, 78)
        assert "log_level" in done.stderr
