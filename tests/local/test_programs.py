"""Which program a client starts, and with which interpreter."""

import os
import sys

import pytest

from djobs_local import spawn
from tests.local.client import STAND_IN


def test_the_real_daemon_program_is_found_in_this_checkout() -> None:
    if not os.path.exists(os.path.join(os.path.dirname(STAND_IN), "../../daemon/djobs_daemon")):
        pytest.skip("not a checkout")
    assert spawn.find_daemon_main().endswith("djobs_daemon/__main__.py")


def test_the_interpreter_is_the_one_of_the_environment() -> None:
    assert os.path.samefile(spawn.find_interpreter(), sys.executable)
