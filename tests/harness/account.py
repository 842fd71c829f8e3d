"""The account with another home: a password file of the test's own, seen by its commands alone.

Each command runs in a mount namespace of its own in which that file covers the real one, and only
after it has seen that it does: so the account's own daemon can never be met.
"""

import os
import pwd
import sys
from pathlib import Path

from djobs_protocol import endpoint
from tests.harness import needs
from tests.harness.daemon import DaemonHome

_ENTER = """
import os, pwd, subprocess, sys
home, entries, cwd, *command = sys.argv[1:]
subprocess.run(["mount", "--bind", entries, "/etc/passwd"], check=True)
if pwd.getpwuid(os.getuid()).pw_dir != home:
    sys.exit("the password database is not that file alone")
os.chdir(cwd)
if cwd.endswith("gone"):
    os.rmdir(cwd)
os.execvp(command[0], command)
"""


class Account:
    """The user of the tests, whose home is a folder of the test's."""

    def __init__(self, home: DaemonHome) -> None:
        needs.mounting()
        needs.program("unshare")
        self.home = home.folder / "h"
        self.home.mkdir()
        self._entries = home.folder / "passwd"
        entry = pwd.getpwuid(os.getuid())
        self._entries.write_text(f"{entry.pw_name}:x:{entry.pw_uid}:{entry.pw_gid}::{self.home}:\n")
        home.state = str(self.home / ".local" / "state" / "djobs")
        home.folder = Path(home.state)
        assert home.state != endpoint.default_state_dir()

    def command(self, *command: str, cwd: str = "/") -> list[str]:
        """Return a command that runs another one as this account; a ``cwd`` named gone is so."""
        namespace = ["unshare", "--mount", "--propagation", "private"]
        enter = [sys.executable, "-I", "-S", "-c", _ENTER]
        return [*namespace, *enter, str(self.home), str(self._entries), cwd, *command]
