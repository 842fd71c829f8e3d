"""What the fastest commands must not import. The time itself is a benchmark's business."""

import json
from types import ModuleType

import pytest

from djobsctl.commands import list as list_command
from djobsctl.commands import status
from djobsctl.usage import parser_for
from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome

HEAVY = frozenset(
    {
        "argparse",
        "asyncio",
        "contextlib",
        "dataclasses",
        "datetime",
        "inspect",
        "logging",
        "msgspec",
        "pathlib",
        "platformdirs",
        "shutil",
        "signal",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "typing",
    }
)
FASTEST = HEAVY | {"json", "re", "enum"}

_PROBE = """
import json, sys
before = set(sys.modules)  # what `site` loads is nobody's fault here
from djobsctl.__main__ import main
status = main({arguments!r})
print(json.dumps([status, sorted(set(sys.modules) - before)]), file=sys.stderr)
"""


def loaded_by(home: DaemonHome, *arguments: str) -> set[str]:
    """Run a command and return the modules that were imported for it."""
    probe = home.client(_PROBE.format(arguments=list(arguments)))
    _, errors = probe.communicate(timeout=20)
    status_code, modules = json.loads(errors.splitlines()[-1])
    assert status_code == 0, errors
    return set(modules)


def test_status_as_json_loads_nothing_heavy(running_daemon: DaemonHome) -> None:
    assert loaded_by(running_daemon, "status", "--json") & HEAVY == set()


def test_version_loads_next_to_nothing(daemon_home: DaemonHome) -> None:
    assert loaded_by(daemon_home, "--version") & FASTEST == set()


def test_list_as_json_loads_nothing_heavy_while_a_daemon_runs(
    running_daemon: DaemonHome,
) -> None:
    assert loaded_by(running_daemon, "list", "--json") & HEAVY == set()


@pytest.mark.parametrize(("name", "module"), [("status", status), ("list", list_command)])
def test_the_arguments_that_need_no_parser_are_what_the_parser_gives(
    name: str, module: ModuleType
) -> None:
    parser = parser_for(name)
    module.options(parser)
    given = vars(parser.parse_args([]))
    assert given == {**module.DEFAULTS, "json": False, "help": False}


def test_a_command_starts_no_other_command_s_imports(running_daemon: DaemonHome) -> None:
    loaded = loaded_by(running_daemon, "list", "--json")
    commands = {name for name in loaded if name.startswith("djobsctl.commands.")}
    assert commands == {"djobsctl.commands.table", "djobsctl.commands.list"}


def test_an_option_that_status_does_not_know_is_still_refused(daemon_home: DaemonHome) -> None:
    assert djobsctl(daemon_home, "status", "--json", "--bogus").status == 2
