"""A home folder with hosts' files, and djobs' record of what it did to them."""

import os
from collections.abc import Sequence
from pathlib import Path

from djobs_setup.applying import apply, plan_all
from djobs_setup.hosts import BY_NAME, Scope
from djobs_setup.ledger import Ledger
from djobs_setup.machine import Machine
from djobs_setup.plan import Step
from djobs_setup.removing import Removal, remove
from djobs_setup.wishes import server_wishes
from djobsctl.wiring.unwire import removals

COMMAND = ["/opt/djobs/bin/python", "-I", "-S", "/opt/djobs/lib/djobs_shim/__main__.py"]
NOW = "2026-11-28T09:00:00+00:00"


class Desk:
    """Everything below one temporary folder."""

    def __init__(self, root: Path) -> None:
        self.home, self.project = root / "home", root / "repo"
        self.home.mkdir()
        self.project.mkdir()
        self.ledger = Ledger(str(root / "djobs"))
        self.machine = Machine("linux", str(self.home), {"PATH": "/nowhere"}, str(self.project))

    def plan(
        self,
        *names: str,
        scope: Scope = "user",
        approve: str | None = None,
        command: Sequence[str] = COMMAND,
    ) -> list[Step]:
        hosts = [BY_NAME[name] for name in names]
        return plan_all(server_wishes(hosts, scope, self.machine, list(command), {}, approve))

    def wire(
        self,
        *names: str,
        scope: Scope = "user",
        approve: str | None = None,
        command: Sequence[str] = COMMAND,
    ) -> list[Step]:
        steps = self.plan(*names, scope=scope, approve=approve, command=command)
        for step in steps:
            if step.after is not None:
                apply(step, self.ledger, NOW)
        return steps

    def unwire(self, *names: str) -> list[Removal]:
        done = removals(self.machine, self.ledger, list(names))
        for each in done:
            if not each.reason:
                remove(each, self.ledger)
        return done

    def everything(self) -> dict[str, tuple[bytes, int] | None]:
        """Return all files with their content and mode, and all folders."""
        found: dict[str, tuple[bytes, int] | None] = {}
        for top in (self.home, self.project):
            for folder, _, names in os.walk(top):
                found[folder] = None
                for name in names:
                    path = os.path.join(folder, name)
                    found[path] = (Path(path).read_bytes(), os.lstat(path).st_mode)
        return found
