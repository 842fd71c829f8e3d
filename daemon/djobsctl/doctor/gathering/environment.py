"""Looking at the variables of this terminal."""

import os

from djobs_local.settings import SETTINGS
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.environment import TROUBLES, Environment, look
from djobsctl.doctor.place import Place

OTHERS = frozenset(
    {"DJOBS_AGENT", "DJOBS_DB", "DJOBS_DEPTH", "DJOBS_FP", "DJOBS_HOOK_SECONDS",
     "DJOBS_INSTANCE", "DJOBS_JOB", "DJOBS_RUNNER_FP", "DJOBS_TEST", "DJOBS_TOOLS",
     "DJOBS_VERSION", "DJOBS_WORKSPACE"}
)  # fmt: skip
"""Variables that mean something and set nothing of the daemon's; a test looks for others."""
_OF_CLIENTS = frozenset({"no_spawn", "start_timeout_seconds", "start_backoff_max_seconds"})
"""Settings that count for whoever has them, whatever the daemon was started with."""
ANSWER_SECONDS = 2.0


def gather(place: Place) -> Environment:
    """Compare the variables with what they may be, and with what the daemon has."""
    known = {each.env for each in SETTINGS} | OTHERS
    names = sorted(name for name in place.environ if name.startswith("DJOBS_"))
    return Environment(
        home=place.home,
        home_problem=place.home_problem,
        chosen=place.environ.get("DJOBS_HOME", ""),
        usual="" if place.home_problem else _usual(place),
        alone={} if place.home_problem else _alone(place),
        unknown=tuple(name for name in names if name not in known),
    )


def _usual(place: Place) -> str:
    usual = place.account_state
    if usual is None or usual == place.home or not place.environ.get("DJOBS_HOME"):
        return ""
    return usual if os.path.exists(endpoint.state_file(usual, endpoint.DATABASE)) else ""


def _alone(place: Place) -> dict[str, tuple[str, str]]:
    """Return the variables that set something else than the running daemon has."""
    chosen = place.settings
    if place.daemon is None or isinstance(chosen, DjobsError):
        return {}
    there = daemon_settings(place.home)
    return {
        setting.env: (str(value), str(there[setting.name]))
        for setting, value, source in chosen.rows()
        if source == setting.env
        and setting.name not in _OF_CLIENTS
        and setting.name in there
        and there[setting.name] != value
    }


def daemon_settings(home: str) -> dict[str, object]:
    """Return the values that the running daemon has; none when it does not say."""
    from djobsctl.quick import quick_calls

    (report,) = quick_calls(home, [("daemon.settings", {})], ANSWER_SECONDS, "djobsctl")
    return {each["name"]: each["value"] for each in (report or {}).get("settings", [])}


CHECK = Check("environment", "This terminal", TROUBLES, gather, look)
