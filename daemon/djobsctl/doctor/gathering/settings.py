"""Looking at ``config.toml``, ``secrets.env`` and the variables that say how things are set."""

import os
import re

from djobs_local import settings
from djobs_local.plain_file import open_plain
from djobs_protocol.errors import DjobsError
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.settings import TROUBLES, Config, look
from djobsctl.doctor.files import see
from djobsctl.doctor.place import Place

_NAMES = "(?: api_?key | token | secret | passw(?:or)?d )"
_NAMED = rf"""^ \s* [\w."-]* {_NAMES} "? \s* = \s* ["'] [^"']+"""
_GIVEN = r"sk-[\w-]{8,} | ghp_\w{8,} | github_pat_\w+ | xox[abp]-[\w-]+ | AKIA\w{12,}"
_SECRET = re.compile(f"(?ixm) {_NAMED} | [\"'] (?: {_GIVEN} )")
"""Names that say what their value is, and values that providers give a beginning of their own."""


def gather(place: Place) -> Config:
    """Read them as a daemon would that starts now."""
    path = settings.config_path(place.home)
    problem = _problem_of_file(place.home)
    variable, variable_problem = ("", "") if problem else _problem_of_variables(place)
    inspected = {} if problem else place.inspected
    return Config(
        path=path,
        file=see(path),
        has_secret=_has_secret(path),
        problem=problem,
        variable=variable,
        variable_problem=variable_problem,
        table_problem=str(inspected.get("tables") or ""),
        keys_problem=str(inspected.get("keys") or ""),
    )


def _problem_of_file(home: str) -> str:
    try:
        settings.load(home, {})
    except DjobsError as error:
        return error.message
    return ""


def _problem_of_variables(place: Place) -> tuple[str, str]:
    found = place.settings
    if not isinstance(found, DjobsError):
        return "", ""
    return str(found.data.get("variable", "")), found.message


def _has_secret(path: str) -> bool:
    try:
        with open(open_plain(path, os.O_RDONLY), "rb") as file:
            content = file.read(settings.CONFIG_BYTES_MAX)
    except OSError:
        return False
    return _SECRET.search(content.decode("utf-8", "replace")) is not None


CHECK = Check("settings", "Settings", TROUBLES, gather, look)
