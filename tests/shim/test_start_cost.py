"""What the start of a shim may cost: an editor starts one per window, and waits for it."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.harness import needs
from tests.shim.process import MAIN, command, environment, installed_copy, running
from tests.shim.standin import StandIn

OWN_PACKAGES = ("djobs_shim", "djobs_protocol", "djobs_local")
ALLOWED = {"__future__", "_collections", "_socket", "select", "djobs_local.folders"} | {
    f"djobs_protocol.{name}" for name in ("endpoint", "limits", "version")
}
"""What the connected path may load beyond a bare interpreter, ``os`` and the shim itself."""
MEGABYTE = 1 << 20


def loaded_while_connected(home: Path, daemon: StandIn) -> set[str]:
    """Return the modules a shim has imported when it has relayed a line and its answer."""
    run = [*command()[:3], "-X", "importtime", command()[3]]
    with running(home, run=run) as shim:
        shim.say(b'{"id":1}\n')
        link = daemon.serve()
        link.line()
        link.send(b"=1 {}\n")
        shim.line()
        shim.end()
        assert link.at_end()
        link.close()
        report = shim.errors()
    return {line.rpartition("|")[2].strip() for line in report.splitlines()[1:]}


def loaded_by_a_bare_interpreter() -> set[str]:
    """Return the modules of ``python -I -S`` with ``os``, which costs next to nothing."""
    run = [sys.executable, "-I", "-S", "-X", "importtime", "-c", "import os"]
    report = subprocess.run(run, capture_output=True, text=True, check=True).stderr
    return {line.rpartition("|")[2].strip() for line in report.splitlines()[1:]}


def test_the_connected_path_loads_nothing_that_costs(home: Path, daemon: StandIn) -> None:
    extra = loaded_while_connected(home, daemon) - loaded_by_a_bare_interpreter()
    own = {name for name in extra if name.startswith("djobs_shim.")}
    packages = {name for name in extra if name in OWN_PACKAGES}
    assert own
    assert extra - own - packages <= ALLOWED


def test_it_weighs_little_more_than_an_interpreter(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        link = daemon.serve()
        link.send(b"{}\n")
        shim.line()
        assert shim.memory_high_bytes() < 20 * MEGABYTE


def test_by_path_it_runs_from_a_checkout_and_from_an_installation(
    home: Path, daemon: StandIn, tmp_path: Path
) -> None:
    for main in (MAIN, installed_copy(tmp_path / "site-packages")):
        with running(home, run=[sys.executable, "-I", "-S", str(main)]) as shim:
            shim.say(b'{"id":1}\n')
            link = daemon.serve()
            link.line()
            link.send(b"=1 {}\n")
            assert shim.line() == b"{}"


def test_the_installed_command_relays_too(home: Path, daemon: StandIn) -> None:
    script = needs.installed(Path(sysconfig.get_path("scripts"), "djobs-mcp"), "pip install -e .")
    with running(home, run=[str(script), "--workspace", "/w"]) as shim:
        shim.say(b'{"id":1}\n')
        link = daemon.serve()
        assert link.hello["args"] == ["--workspace", "/w"]
        link.line()
        link.send(b"=1 {}\n")
        assert shim.line() == b"{}"


def test_the_stub_is_small_because_it_is_compiled_at_every_start() -> None:
    assert MAIN.stat().st_size < 1500


def test_a_start_in_a_folder_full_of_traps_loads_only_its_own_modules(
    home: Path, daemon: StandIn, tmp_path: Path
) -> None:
    for name in ("os", "select", "djobs_shim", "djobs_protocol", "time"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('loaded from the current folder')")
    process = subprocess.Popen(
        command(),
        cwd=tmp_path,
        env=environment(home, PYTHONPATH=str(tmp_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert daemon.serve().hello["cwd"] == str(tmp_path)
        process.kill()
