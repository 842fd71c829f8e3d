"""Which program a client starts, and with which interpreter."""

import os
import sys

from djobs_local import spawn


def test_the_real_daemon_program_is_found_in_this_checkout() -> None:
    assert spawn.find_daemon_main().endswith("djobs_daemon/__main__.py")


def test_the_interpreter_is_the_one_of_the_environment() -> None:
    assert os.path.samefile(spawn.find_interpreter(), sys.executable)
