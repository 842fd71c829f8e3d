"""A real systemd user manager, in namespaces of its own: as after a login, and gone afterwards.

Nothing of it is visible outside, and whatever it starts ends with it. It needs root, because it
mounts a /run and a cgroup file system of its own.
"""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.cli.command import Ran
from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome
from tests.harness.waiting import wait_until

RUNTIME: Final = "/run/user/0"
SYSTEMD: Final = Path("/lib/systemd/systemd")

_OUTER: Final = """
set -e
mount -t cgroup2 none "$2"
mkdir "$2/$1"
echo $$ > "$2/$1/cgroup.procs"
exec unshare --mount --cgroup --pid --fork --mount-proc --kill-child sh -c "$3" inner "$4"
"""
_INNER: Final = """
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system /run/user/0
chmod 700 /run/user/0
umount -l /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$1" XDG_CONFIG_HOME="$1/.config" \
    XDG_RUNTIME_DIR=/run/user/0 DJOBS_TEST=1 /lib/systemd/systemd --user --log-target=null &
wait
"""
_TIDY: Final = 'mount -t cgroup2 none "$2"; find "$2/$1" -depth -type d -exec rmdir {} +'


class UserManager:
    """A manager that answers; ``run`` is a terminal of its user's session."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.inside = 0
        """A pid inside, by which its namespaces are entered."""

    def environment(self, home: DaemonHome | None = None) -> dict[str, str]:
        """Return what a login sets, and which daemon is meant."""
        mine = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_RUNTIME_DIR": RUNTIME,
        }
        return {**(home.env if home else {"PATH": os.defpath}), **mine}

    def entered(self, *command: str) -> list[str]:
        """Return the command that runs one inside."""
        where = ["nsenter", "--target", str(self.inside), "--mount", "--cgroup", "--pid"]
        return [*where, f"--wd={os.getcwd()}", *command]

    def run(self, *command: str, home: DaemonHome | None = None, **environ: str) -> Ran:
        """Run a command inside, to its end."""
        done = subprocess.run(
            self.entered(*command),
            env={**self.environment(home), **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=3 * PATIENCE_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def systemctl(self, *arguments: str) -> Ran:
        """Run ``systemctl --user`` inside."""
        return self.run("systemctl", "--user", *arguments)

    def djobsctl(self, home: DaemonHome, *arguments: str, **environ: str) -> Ran:
        """Run ``djobsctl`` inside."""
        return self.run(PYTHON, "-m", "djobsctl", *arguments, home=home, **environ)

    def show(self, unit: str, name: str) -> str:
        """Return one property of a unit."""
        return self.systemctl("show", unit, "-p", name, "--value").stdout.strip()


@contextmanager
def user_manager() -> Iterator[UserManager]:
    """Start one, or end the test where none can run."""
    needs.root()
    for program in ("systemctl", "unshare", "nsenter"):
        needs.program(program)
    needs.installed(SYSTEMD, "the package systemd")
    name = f"djobs-test-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="dj") as folder:
        mount = Path(folder, "cgroup")
        home = Path(folder, "home")
        mount.mkdir()
        home.mkdir()
        outer = ["unshare", "--mount", "sh", "-c", _OUTER, "outer", name, str(mount)]
        process = subprocess.Popen(
            [*outer, _INNER, str(home)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            yield _answering(UserManager(home), process)
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE_SECONDS)
            tidy = ["unshare", "--mount", "sh", "-c", _TIDY, "tidy", name, str(mount)]
            subprocess.run(tidy, check=False, capture_output=True)


def _answering(manager: UserManager, process: "subprocess.Popen[bytes]") -> UserManager:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")

    def answers() -> bool:
        if process.poll() is not None:
            _, said = process.communicate()
            needs.lacking("user-manager", f"no user manager can run here: {said.decode()}")
        inside = children.read_text("ascii").split()
        manager.inside = int(inside[0]) if inside else 0
        return bool(inside) and manager.systemctl("is-system-running").status == 0

    wait_until(answers, "the user manager runs")
    return manager
