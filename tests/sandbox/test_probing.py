"""A provider is believed what it was seen to do."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from djobs_daemon.executors.sandbox import finding
from djobs_daemon.executors.sandbox.bubblewrap import Bubblewrap
from djobs_daemon.executors.sandbox.confinement import Confinement, Level
from djobs_daemon.executors.sandbox.diagnosis import diagnosed
from djobs_daemon.executors.sandbox.probing import probe
from djobs_daemon.executors.sandbox.provider import Provider, Wrapped
from djobs_daemon.executors.sandbox.verdict import Probed
from tests.harness import needs
from tests.sandbox.conftest import provided
from tests.sandbox.scene import Scene

SECONDS = 20.0


@dataclass(frozen=True)
class Boaster:
    """Says that it confines, and does what ``within`` does."""

    within: Provider | None = None
    """None: nothing at all."""
    without: str = ""
    """A field of the confinement that it forgets."""
    name: str = "boaster"
    levels: tuple[Level, ...] = (Level.WRITE, Level.WRITE_NETWORK)

    def wrap(
        self, argv: tuple[str, ...], confinement: Confinement, environ: Mapping[str, str]
    ) -> Wrapped:
        if self.within is None:
            return Wrapped(argv, dict(environ), None, monitored=False)
        lax: dict[str, dict[str, Any]] = {
            "network": {"network": True},
            "hidden": {"hidden_folders": ()},
            "write": {"read_write": (os.path.dirname(confinement.workspace),)},
        }
        laxer = Confinement(**{**vars(confinement), **lax[self.without]})
        return self.within.wrap(argv, laxer, environ)


def tried(scene: Scene, provider: Provider, seconds: float = SECONDS) -> Probed:
    (found,) = probe([provider], str(scene.folder), seconds)
    assert not list(scene.folder.glob("probe-*"))
    return found


@pytest.mark.parametrize("name", ["bubblewrap", "srt"])
def test_a_real_sandbox_is_seen_to_hold_all_its_levels(name: str, scene: Scene) -> None:
    provider = provided(name)
    found = tried(scene, provider)
    assert found.levels == provider.levels, found.diagnosis


def test_one_that_does_nothing_is_found_out(scene: Scene) -> None:
    found = tried(scene, Boaster())
    assert found.levels == ()
    assert found.diagnosis is not None
    for leak in ("a write outside", "a hidden file", "a connection"):
        assert leak in found.diagnosis.reason


@pytest.mark.parametrize(
    ("forgotten", "left", "leak"),
    [
        ("network", (Level.WRITE,), "a connection to this machine"),
        ("hidden", (), "reading a hidden file"),
        ("write", (), "a write outside the workspace"),
    ],
)
def test_one_that_forgets_something_is_believed_the_rest(
    forgotten: str, left: tuple[Level, ...], leak: str, scene: Scene
) -> None:
    found = tried(scene, Boaster(provided("bubblewrap"), forgotten))
    assert found.levels == left
    assert found.diagnosis is not None
    assert found.diagnosis.reason == f"it lets through {leak}"


def test_one_that_hangs_costs_no_more_than_its_time(scene: Scene) -> None:
    program = scene.folder / "bwrap"
    program.write_text("#!/bin/sh\nsleep 1000\n")
    program.chmod(0o755)
    found = tried(scene, Bubblewrap(str(program)), seconds=2.0)
    assert found.levels == ()
    assert found.diagnosis is not None
    assert "in time" in found.diagnosis.reason


def test_a_missing_program_is_named_with_the_command_that_installs_it(scene: Scene) -> None:
    needs.linux("macOS has other providers")
    found = finding.look(str(scene.folder), "/nonexistent", SECONDS)
    assert [each.levels for each in found] == [(), ()]
    hints = [each.diagnosis.hint for each in found if each.diagnosis]
    assert "apt install bubblewrap" in hints[0]
    assert "npm install" in hints[1]


@pytest.mark.parametrize(("folder", "seconds"), [("", 0.0), ("none", SECONDS)])
def test_where_nothing_can_be_tried_out_nobody_is_believed(
    folder: str, seconds: float, tmp_path: Path
) -> None:
    (found,) = probe([Boaster()], str(tmp_path / folder), seconds)
    assert found.levels == ()
    assert found.diagnosis is not None
    assert "nothing can be tried out" in found.diagnosis.reason


@pytest.mark.parametrize(
    ("told", "reason", "hint"),
    [
        (
            "bwrap: setting up uid map: Permission denied",
            "AppArmor",
            "apparmor_parser",
        ),
        ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "AppArmor", "apparmor"),
        (
            "bwrap: No permissions to create new namespace, likely because the kernel does not "
            "allow non-privileged user namespaces.",
            "user namespaces are disabled",
            "sysctl",
        ),
        (
            "bwrap: Creating new namespace failed: Operation not permitted",
            "user namespaces are disabled",
            "sysctl",
        ),
        (
            "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
            "container",
            "systempaths",
        ),
        ("something else", "something else", ""),
    ],
)
def test_what_bubblewrap_says_is_understood(told: str, reason: str, hint: str) -> None:
    found = diagnosed(entered=False, status=1, told=told)
    assert reason in found.reason
    assert hint in found.hint
    assert bool(hint) == bool(found.hint)


def test_a_kernel_without_user_namespaces_is_named(scene: Scene) -> None:
    provider = provided("bubblewrap")
    assert isinstance(provider, Bubblewrap)
    unshare = needs.program("unshare")
    without = scene.folder / "bwrap"
    inner = f'echo 0 >/proc/sys/user/max_user_namespaces && exec {provider.program} "$@"'
    command = f"{unshare} --user --map-root-user sh -c '{inner}' sh \"$@\""
    without.write_text(f"#!/bin/sh\nexec {command}\n")
    without.chmod(0o755)
    found = tried(scene, Bubblewrap(str(without)))
    assert found.levels == ()
    assert found.diagnosis is not None
    assert "user namespaces are disabled" in found.diagnosis.reason, found.diagnosis
