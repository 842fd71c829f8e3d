"""Service managers that start nothing, something else, or something beside another."""

import os
from pathlib import Path
from unittest import mock

from djobs_local.service import Service, write_service
from djobs_service.finding import target_of
from djobs_service.plan import plan
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup


def managed(bench: Bench) -> Path:
    """Have the entry and its record made; the manager itself is not asked. Return the entry."""
    bench.used()
    bench.home.env["XDG_CONFIG_HOME"] = str(bench.tools / "config")
    bench.home.env["XDG_RUNTIME_DIR"] = str(bench.tools / "none")
    bench.tool("systemctl", "exit 0")
    bench.ctl("service", "install", "--no-start")
    return Path(plan(target_of(bench.home.state, bench.home.env)).files[0].path)


def lost(bench: Bench) -> None:
    managed(bench).unlink()


def edit(entry: Path, program: Path) -> None:
    own = target_of("/", {}).daemon
    text = entry.read_text("utf-8")
    assert own in text
    entry.write_text(text.replace(own, str(program)), "utf-8")


def gone(bench: Bench) -> None:
    edit(managed(bench), bench.tools / "removed" / "djobsd")


def other(bench: Bench) -> None:
    edit(managed(bench), bench.tool("djobsd", "exit 0"))


def unrecorded(bench: Bench) -> None:
    managed(bench)
    (bench.state / "service.json").unlink()


def by_hand(bench: Bench) -> None:
    """Start a daemon beside the manager, which a test lets take over by the same command."""
    entry = managed(bench)
    private = bench.tools / "none" / "systemd" / "private"
    private.parent.mkdir(parents=True)
    private.touch()
    folder = str(bench.tools / "none")
    bench.stack.enter_context(mock.patch.dict(os.environ, XDG_RUNTIME_DIR=folder))
    started = "djobsd --detach --owner service </dev/null >/dev/null 2>&1"
    bench.tool("systemctl", f'case "$*" in *" start "*) {started} ;; esac')
    write_service(bench.home.state, Service("systemd", entry.name, str(entry)))
    bench.home.start()


SETUPS = (
    Setup("service", "service-lost", lost, slow=True),
    Setup("service", "service-gone", gone),
    Setup("service", "service-other", other, slow=True),
    Setup("service", "service-unrecorded", unrecorded, slow=True),
    Setup("service", "service-by-hand", by_hand, slow=True),
)
