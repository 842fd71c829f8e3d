"""What ``doctor`` repeats of the daemon, because it must not import it, is still so."""

import re
import tomllib
from pathlib import Path

import pytest

from djobs_daemon.executors.sandbox.choosing import choose
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.diagnosis import missing
from djobs_daemon.executors.sandbox.srt import Srt
from djobs_daemon.executors.sandbox.verdict import Probed
from djobs_daemon.executors.shell_policy import Sandboxes
from djobs_daemon.store.sqlite import files
from djobs_local.settings import SETTINGS
from djobs_protocol.errors import DjobsError
from djobsctl.doctor import header
from djobsctl.doctor.checks import sandbox
from djobsctl.doctor.gathering import environment, interpreter

ROOT = Path(__file__).parents[2]


def test_the_modules_that_are_looked_for_are_those_that_are_declared() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    declared = [re.split(r"[<>=\[]", each)[0] for each in project["dependencies"]]
    assert sorted(declared) == sorted(interpreter.MODULES)


def test_the_mark_of_our_databases_is_the_store_s() -> None:
    assert header.APPLICATION_ID == files.APPLICATION_ID


def test_every_variable_that_the_code_reads_is_known() -> None:
    folders = ("daemon", "packaging", "protocol", "shim")
    sources = [path for each in folders for path in (ROOT / each).rglob("*.py")]
    found = {
        name
        for path in sources
        if "demo" not in path.parts
        for name in re.findall(r"[\"'](DJOBS_[A-Z_]+)[\"']", path.read_text("utf-8"))
    }
    assert found - {each.env for each in SETTINGS} - environment.OTHERS == set()


def test_a_sandbox_that_is_not_installed_is_told_by_the_words_that_are_looked_for() -> None:
    probed = [Probed(Srt("srt", ""), (), missing("srt"))]
    with pytest.raises(DjobsError, match=sandbox._NOT_INSTALLED):
        choose(Level.WRITE, probed)
    sandboxes = Sandboxes()
    sandboxes._probed = probed
    assert sandbox._NOBODY in sandboxes.said(Level.WRITE)
