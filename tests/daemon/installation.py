"""An installation of djobs of a test's own, whose files can be replaced below a daemon."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from djobs_local import spawn
from tests.harness.daemon import PYTHON, DaemonHome

PARTS = ("daemon", "protocol")


class Installation:
    """A copy of the packages in a folder."""

    def __init__(self, folder: Path) -> None:
        source = Path(spawn.find_daemon_main()).parents[2]
        self.folder = folder
        for part in PARTS:
            # With what was compiled, which counts as long as the files keep their times.
            shutil.copytree(source / part, folder / part)

    def upgrade(self, build: str) -> None:
        """Replace what is installed by another release, below whoever runs it."""
        stated = re.compile(r'^VERSION: Final = ".*"$', re.MULTILINE)
        now = f'VERSION: Final = "{build}"'
        self.replace("protocol/djobs_protocol/version.py", lambda text: stated.sub(now, text))

    def replace(self, name: str, change: Callable[[str], str]) -> None:
        """Replace one file."""
        path = self.folder / name
        new = path.with_suffix(".new")
        new.write_text(change(path.read_text("utf-8")), "utf-8")
        # What was compiled counts for a file of the same size and second.
        later = path.stat().st_mtime + 2
        os.utime(new, (later, later))
        os.replace(new, path)


class InstalledHome(DaemonHome):
    """A home whose daemon is that of an installation."""

    def __init__(self, installation: Installation, **environ: str) -> None:
        super().__init__(**environ)
        self.installation = installation

    def command(self, *arguments: str) -> list[str]:  # type: ignore[override] # not static here
        """Return the command line of that daemon."""
        main = self.installation.folder / "daemon" / "djobs_daemon" / "__main__.py"
        return [PYTHON, "-I", str(main), *arguments]
