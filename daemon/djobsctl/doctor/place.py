"""What is looked at: one home, seen from one terminal, at one moment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from djobs_local import settings
from djobs_local.attempts import now_ms as wall_ms
from djobs_local.spawn import find_daemon_main
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError
from djobsctl.installed import Installed, this_installation


def _account_state() -> str | None:
    try:
        return endpoint.default_state_dir()
    except DjobsError:
        return None  # a user without an account has no usual folder


def _packages() -> str:
    return os.path.dirname(find_daemon_main())


@dataclass(frozen=True)
class Place:
    """One home as this terminal sees it; what is outside of it can be put in another's place."""

    home: str
    environ: Mapping[str, str]
    home_problem: str = ""
    """Why no home can be told; then most cannot be looked at."""
    now_ms: int = field(default_factory=wall_ms)
    folder: str = field(default_factory=os.getcwd)
    """Where the terminal stands."""
    python: str = sys.executable
    """The interpreter that the daemon is started with."""
    daemon_folder: str = field(default_factory=_packages)
    """The folder of the installed daemon's code."""
    mountinfo: str = "/proc/self/mountinfo"
    account_state: str | None = field(default_factory=_account_state)
    """The home that commands without ``DJOBS_HOME`` have; None where there is none."""

    @cached_property
    def installed(self) -> Installed:
        """What installed the packages that this command runs from."""
        return this_installation(self.python)

    @cached_property
    def status(self) -> dict[str, Any]:
        """What ``djobsctl status`` says, from every state."""
        from djobsctl.commands.status import observe

        return observe(self.home)

    @property
    def daemon(self) -> dict[str, Any] | None:
        """What the daemon says about itself; None when it does not answer."""
        report: dict[str, Any] | None = self.status["daemon"]
        return report

    @property
    def lives(self) -> bool:
        """Whether a daemon of this home lives, answering or not."""
        return self.status["state"] in ("serving", "degraded", "starting", "draining", "mute")

    @cached_property
    def settings(self) -> "settings.Settings | DjobsError":
        """The settings that a daemon started from here would have, or why it could not start."""
        try:
            return settings.load(self.home, self.environ)
        except DjobsError as error:
            return error

    @cached_property
    def inspected(self) -> dict[str, Any]:
        """What ``djobs_daemon.inspecting`` says; empty where nothing was set up that it judges."""
        chosen = self.settings
        has_keys = os.path.exists(endpoint.state_file(self.home, "secrets.env"))
        if isinstance(chosen, DjobsError) or not (chosen.tables or has_keys):
            return {}
        from djobsctl.doctor.programs import ask

        return ask(self, "djobs_daemon.inspecting", "--home", self.home)

    @property
    def database(self) -> str:
        """Where the database is, or would be if the settings were right."""
        chosen = self.settings
        if isinstance(chosen, DjobsError):
            return endpoint.state_file(self.home, endpoint.DATABASE)
        return chosen.db_path


def place_of(environ: Mapping[str, str], **others: Any) -> Place:
    """Return the home that variables choose; ``others`` are fields of the place."""
    try:
        return Place(endpoint.state_dir(environ), environ, **others)
    except DjobsError as error:
        return Place("", environ, home_problem=error.message, **others)
