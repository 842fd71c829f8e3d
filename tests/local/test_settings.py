"""Defaults, then the file, then the environment; whatever is wrong is named (R20)."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

from djobs_local import settings
from djobs_local.settings import SETTINGS, Settings
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness import needs


def write(state: Path, text: str) -> str:
    (state / endpoint.CONFIG).write_text(text, encoding="utf-8")
    return str(state)


def refusal(state: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(DjobsError) as caught:
        settings.load(state, environ or {})
    assert caught.value.code is ErrorCode.CONFIG_INVALID
    return caught.value.message


def test_without_file_and_variables_every_value_is_the_default(tmp_path: Path) -> None:
    found = settings.load(str(tmp_path), {})
    assert found.log_level == "INFO"
    assert found.start_timeout_seconds == 10.0
    assert found.home == str(tmp_path)
    assert found.db_path == str(tmp_path / "jobs.db")
    assert {source for _, _, source in found.rows()} == {"default"}


def test_the_environment_beats_the_file_and_the_file_the_default(tmp_path: Path) -> None:
    state = write(tmp_path, 'log_level = "debug"\nlog_generations = 9\ndrain_seconds = 2\n')
    found = settings.load(state, {"DJOBS_LOG_LEVEL": "error", "DJOBS_NO_SPAWN": "yes"})
    assert (found.log_level, found.source("log_level")) == ("ERROR", "DJOBS_LOG_LEVEL")
    assert (found.log_generations, found.source("log_generations")) == (9, "file")
    assert found.drain_seconds == 2.0
    assert isinstance(found.drain_seconds, float)
    assert found.no_spawn is True


def test_an_empty_variable_is_no_variable(tmp_path: Path) -> None:
    found = settings.load(str(tmp_path), {"DJOBS_LOG_LEVEL": "", "DJOBS_NO_SPAWN": ""})
    assert (found.log_level, found.source("log_level")) == ("INFO", "default")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("DJOBS_LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR"),
        ("DJOBS_LOG_GENERATIONS", "many", "a whole number from 1 to 100"),
        ("DJOBS_LOG_GENERATIONS", "1.5", "a whole number from 1 to 100"),
        ("DJOBS_LOG_GENERATIONS", "101", "a whole number from 1 to 100"),
        ("DJOBS_DRAIN_S", "-1", "a number from 0 to 600"),
        ("DJOBS_DRAIN_S", "nan", "a number from 0 to 600"),
        ("DJOBS_DRAIN_S", "inf", "a number from 0 to 600"),
        ("DJOBS_NO_SPAWN", "maybe", "true or false"),
        ("DJOBS_DB_PATH", "jobs.db", "an absolute path"),
        ("DJOBS_DB_PATH", "~/jobs.db", "an absolute path"),
    ],
)
def test_a_wrong_variable_is_named_with_its_value_and_what_is_expected(
    tmp_path: Path, variable: str, value: str, expected: str
) -> None:
    message = refusal(str(tmp_path), {variable: value})
    assert message == f"{variable} is {value!r}; expected is {expected}."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('log_levle = "INFO"', "Did you mean 'log_level'?"),
        ("colour = 1", "`djobsctl config` names them all"),
        ("[log]\nlevel = 1", "has a table [log]; settings stand at its top"),
        ("log_generations = true", "True; expected is a whole number from 1 to 100"),
        ('log_generations = "5"', "'5'; expected is a whole number from 1 to 100"),
        ("no_spawn = 1", "1; expected is true or false"),
        ("log_level = 10", "10; expected is one of"),
        ('db_path = "a\\u0000b"', "expected is an absolute path"),
        ('home = "/x"', "which only DJOBS_HOME can set"),
        ('home = "/w"', "which only DJOBS_HOME can set"),
        ("log_level = ", "is not valid TOML"),
        ("a = " + "[" * 10_000, "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong_in_it(
    tmp_path: Path, text: str, expected: str
) -> None:
    message = refusal(write(tmp_path, text))
    assert str(tmp_path / endpoint.CONFIG) in message
    assert expected in message


def test_a_file_that_is_no_text_or_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / endpoint.CONFIG
    path.write_bytes(b"\xff\xfe")
    assert str(path) in refusal(str(tmp_path))
    path.write_bytes(b"#" * (settings.CONFIG_BYTES_MAX + 1))
    assert "over" in refusal(str(tmp_path))
    path.unlink()
    path.mkdir()
    assert str(path) in refusal(str(tmp_path))


def test_the_table_and_the_attributes_name_the_same_settings() -> None:
    kinds = {"integer": int, "number": float, "flag": bool}
    wanted = {setting.name: kinds.get(setting.type, str) for setting in SETTINGS}
    assert get_type_hints(Settings) == wanted


def test_every_default_is_a_value_its_setting_may_have() -> None:
    for setting in SETTINGS:
        if setting.type != "path":
            assert settings._typed(setting, setting.default) == setting.default


def test_every_setting_has_a_sentence_and_a_variable_of_its_own() -> None:
    assert all(setting.doc.endswith(".") for setting in SETTINGS)
    assert len({setting.env for setting in SETTINGS}) == len(SETTINGS)
    assert all(setting.env.startswith("DJOBS_") for setting in SETTINGS)


CONFIG_PATH = """
import platformdirs
from djobs_local import settings
from djobs_protocol import endpoint
print(settings.config_path(endpoint.default_state_dir()))
print(platformdirs.user_config_dir("djobs"))
"""


def test_the_accounts_config_file_is_where_its_platform_keeps_them() -> None:
    if os.path.exists(endpoint.state_file(endpoint.default_state_dir(), endpoint.CONFIG)):
        needs.lacking("account", "this account keeps its config file in the state folder")
    command = [sys.executable, "-c", CONFIG_PATH]
    plain = subprocess.run(command, env={}, capture_output=True, check=True, text=True).stdout
    ours, theirs = plain.split()
    assert ours == os.path.join(os.path.realpath(theirs), endpoint.CONFIG)
    strange = {"HOME": "/tmp", "XDG_CONFIG_HOME": "/tmp/x"}
    moved = subprocess.run(command, env=strange, capture_output=True, check=True, text=True).stdout
    assert moved.split()[0] == ours
