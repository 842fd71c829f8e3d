"""How the value of every setting is found; the settings themselves are in ``settings_table``.

Defaults, then ``config.toml``, then the environment. Each value keeps its source, so that
``djobsctl config`` can say where it comes from.
"""

import os
import sys

from djobs_local.plain_file import open_plain
from djobs_local.settings_table import SETTINGS, Setting
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError, ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from djobs_local.settings_table import Value

__all__ = ["SETTINGS", "Setting", "Settings", "config_path", "load"]

CONFIG_BYTES_MAX = 1024 * 1024
TABLES = ("agents", "budgets", "limits", "llm", "notify", "types")
"""Tables that the file may have; the daemon, which alone uses them, says what is wrong in them."""

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


_BY_NAME = {setting.name: setting for setting in SETTINGS}


class Settings:
    """The values in force. ``load`` makes one."""

    home: str
    db_path: str
    executor_jobs_max: int
    runs_bytes_max: int
    log_level: str
    log_format: str
    log_bytes_max: int
    log_generations: int
    start_timeout_seconds: float
    start_backoff_max_seconds: float
    no_spawn: bool
    upgrade: str
    drain_seconds: float
    backup_generations: int
    backup_weekly_generations: int
    backup_interval_hours: float
    request_retention_hours: float
    keep_ended_days: int
    keep_history_days: int
    connections_max: int

    def __init__(
        self,
        values: "Mapping[str, tuple[Value, str]]",
        config_path: str,
        tables: "Mapping[str, dict[str, Any]]",
    ) -> None:
        self._sources = {name: source for name, (_, source) in values.items()}
        self.config_path = config_path
        """Where the file was looked for, whether it is there or not."""
        self.tables = tables
        """Of the file, as they stand there: see ``TABLES``."""
        for name, (value, _) in values.items():
            setattr(self, name, value)

    def source(self, name: str) -> str:
        """Return where a value comes from: ``default``, ``file``, or a variable's name."""
        return self._sources[name]

    def rows(self) -> "Iterator[tuple[Setting, Value, str]]":
        """Yield (setting, value, source) in the table's order."""
        for setting in SETTINGS:
            yield setting, getattr(self, setting.name), self._sources[setting.name]


def load(state: str, environ: "Mapping[str, str] | None" = None) -> Settings:
    """Return the settings of the daemon whose state folder is ``state``.

    ``DjobsError(CONFIG_INVALID)`` names the file or variable, the value and what is expected.
    """
    environ = os.environ if environ is None else environ
    path = config_path(state)
    values: dict[str, tuple[Value, str]] = {s.name: (s.default, "default") for s in SETTINGS}
    content = _read_file(path)
    tables = {name: content.pop(name) for name in TABLES if isinstance(content.get(name), dict)}
    for name, value in content.items():
        values[name] = (_checked_in_file(name, value, path), "file")
    for setting in SETTINGS:
        raw = environ.get(setting.env, "")
        if raw:
            values[setting.name] = (_from_environment(setting, raw), setting.env)
    values["home"] = (state, values["home"][1])
    if not values["db_path"][0]:
        values["db_path"] = (endpoint.state_file(state, endpoint.DATABASE), values["db_path"][1])
    return Settings(values, path, tables)


def config_path(state: str) -> str:
    """Return the one place where the config file is looked for.

    In the state folder when it is there or the folder is not the account's default one, else in
    the account's config folder. A function of ``state`` and the password database, not of ``HOME``
    or ``XDG_*``: the daemon, cron and a login shell must read the same file (R20).
    """
    inside = endpoint.state_file(state, endpoint.CONFIG)
    home = endpoint.account_home()
    if home is None or not endpoint.is_default_state_dir(state) or os.path.exists(inside):
        return inside
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Application Support", "djobs", endpoint.CONFIG)
    return os.path.join(home, ".config", "djobs", endpoint.CONFIG)


def _read_file(path: str) -> "dict[str, Any]":
    """Return the file's keys; none when there is no file."""
    try:
        with open(open_plain(path, os.O_RDONLY), "rb") as file:
            raw = file.read(CONFIG_BYTES_MAX + 1)
    except (FileNotFoundError, NotADirectoryError):  # who uses the folder says what is wrong
        return {}
    except OSError as error:
        raise _invalid(f"{path} cannot be read: {error.strerror}.", path=path) from None
    if len(raw) > CONFIG_BYTES_MAX:
        raise _invalid(f"{path} is over {CONFIG_BYTES_MAX} bytes.", path=path)
    import tomllib  # only when there is a file

    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _invalid(f"{path} is not valid TOML: {error}.", path=path) from None


def _checked_in_file(name: str, value: object, path: str) -> "Value":
    setting = _BY_NAME.get(name)
    if isinstance(value, dict):
        raise _invalid(
            f"{path} has a table [{name}]; settings stand at its top, and its tables are "
            f"{', '.join(f'[{each}]' for each in TABLES)}.",
            path=path,
        )
    if setting is None:
        raise _invalid(f"{path} sets {name!r}, which is no setting.{_nearest(name)}", path=path)
    if not setting.in_file:
        raise _invalid(f"{path} sets {name!r}, which only {setting.env} can set.", path=path)
    found = _typed(setting, value)
    if found is None:
        raise _invalid(
            f"{path} sets {name} to {value!r}; expected is {setting.expected}.", path=path
        )
    return found


def _from_environment(setting: Setting, raw: str) -> "Value":
    found = _typed(setting, _parsed(setting.type, raw))
    if found is None:
        raise _invalid(
            f"{setting.env} is {raw!r}; expected is {setting.expected}.", variable=setting.env
        )
    return found


def _parsed(type_name: str, raw: str) -> object:
    """Turn a variable's text into a value of the type; None when it is none."""
    if type_name == "flag":
        word = raw.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else None
    if type_name in ("integer", "number"):
        try:
            return int(raw) if type_name == "integer" else float(raw)
        except ValueError:
            return None
    return raw


def _typed(setting: Setting, value: object) -> "Value | None":
    """Return the value when the setting may have it, else None."""
    if setting.type == "flag":
        return value if isinstance(value, bool) else None
    if setting.type in ("integer", "number"):
        return _number(setting, value)
    if not isinstance(value, str) or "\0" in value:
        return None
    if setting.type == "choice":
        wanted = value.lower()
        return next((choice for choice in setting.choices if choice.lower() == wanted), None)
    return _path(setting, value)


def _number(setting: Setting, value: object) -> int | float | None:
    kinds = (int,) if setting.type == "integer" else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        return None
    if setting.minimum is not None and not value >= setting.minimum:  # not >=: NaN is refused too
        return None
    if setting.maximum is not None and not value <= setting.maximum:
        return None
    return float(value) if setting.type == "number" else value


def _path(setting: Setting, value: str) -> str | None:
    """Relative paths mean different files to a daemon and to its clients; ``~`` depends on HOME."""
    if setting.name == "home":
        return value  # ``endpoint.state_dir`` has resolved it
    return os.path.normpath(value) if os.path.isabs(value) else None


def _nearest(name: str) -> str:
    import difflib  # only for a mistake

    near = difflib.get_close_matches(name, [s.name for s in SETTINGS if s.in_file], 1, 0.5)
    return f" Did you mean {near[0]!r}?" if near else " `djobsctl config` names them all."


def _invalid(message: str, **data: object) -> DjobsError:
    return DjobsError(ErrorCode.CONFIG_INVALID, message, **data)
