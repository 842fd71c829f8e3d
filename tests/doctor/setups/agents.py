"""Agents that are told to start what is not there, does not work, or is somebody else's."""

import json
import sys
from pathlib import Path
from typing import Any

from djobs_setup.command import shim_file
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup


def person(bench: Bench) -> Path:
    """Have a home folder of one's own, with Claude Code in it; return its file of servers."""
    home = bench.tools / "person"
    (home / ".claude").mkdir(parents=True)
    bench.home.env["HOME"] = str(home)
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"):
        bench.home.env.pop(name, None)
    bench.overrides["folder"] = str(home)
    return home / ".claude.json"


def wired(bench: Bench, *command: str, **more: Any) -> Path:
    """Have Claude Code told of a command; return the file."""
    path = person(bench)
    words = command or (sys.executable, "-I", "-S", shim_file())
    env = {"DJOBS_HOME": bench.home.state}
    entry = {"type": "stdio", "command": words[0], "args": list(words[1:]), "env": env}
    path.write_text(json.dumps({"mcpServers": {"djobs": {**entry, **more}}}))
    return path


def unreadable(bench: Bench) -> None:
    person(bench).write_text('{"mcpServers": {')


def mend_file(bench: Bench) -> None:
    wired_again = bench.tools / "person" / ".claude.json"
    wired_again.write_text("{}")


def gone(bench: Bench) -> None:
    wired(bench, str(bench.tools / "old" / "python"), "-I", "-S", shim_file())


def fails(bench: Bench) -> None:
    shim = bench.tools / "djobs_shim" / "__main__.py"
    shim.parent.mkdir()
    shim.write_text("raise SystemExit('no module named djobs_local')")
    wired(bench, sys.executable, "-I", "-S", str(shim))


def fails_to_answer(bench: Bench) -> None:
    bench.home.start()
    shim = bench.tools / "djobs_shim" / "__main__.py"
    shim.parent.mkdir()
    shim.write_text("print('djobs-mcp 0.1.0')")
    wired(bench, sys.executable, "-I", "-S", str(shim))


def other(bench: Bench) -> None:
    shim = bench.tools / "djobs_shim" / "__main__.py"
    shim.parent.mkdir()
    shim.write_text("print('djobs-mcp 0.1.0')")
    wired(bench, sys.executable, "-I", "-S", str(shim))


def foreign(bench: Bench) -> None:
    wired(bench, "uvx", "djobs-mcp-server")


def remove_entry(bench: Bench) -> None:
    (bench.tools / "person" / ".claude.json").write_text("{}")


def twice(bench: Bench) -> None:
    path = wired(bench)
    config = json.loads(path.read_text())
    config["mcpServers"]["tasks"] = config["mcpServers"]["djobs"]
    path.write_text(json.dumps(config))


def remove_double(bench: Bench) -> None:
    path = bench.tools / "person" / ".claude.json"
    config = json.loads(path.read_text())
    del config["mcpServers"]["tasks"]
    path.write_text(json.dumps(config))


def elsewhere(bench: Bench) -> None:
    wired(bench, env={"DJOBS_HOME": str(bench.tools)})


def not_required(bench: Bench) -> None:
    person(bench)
    config = bench.tools / "person" / ".codex" / "config.toml"
    config.parent.mkdir()
    words = json.dumps(["-I", "-S", shim_file()])
    config.write_text(f'[mcp_servers.djobs]\ncommand = "{sys.executable}"\nargs = {words}\n')


def none(bench: Bench) -> None:
    person(bench)


def wire(bench: Bench) -> None:
    """Say yes to what it shows."""
    bench.type(("djobsctl init --yes >/dev/null || true",))


SETUPS = (
    Setup("wiring", "wiring-unreadable", unreadable, mend_file),
    Setup("wiring", "wiring-gone", gone),
    Setup("wiring", "wiring-fails", fails, slow=True),
    Setup("wiring", "wiring-other", other, slow=True),
    Setup("wiring", "wiring-foreign", foreign, remove_entry),
    Setup("wiring", "wiring-twice", twice, remove_double),
    Setup("wiring", "wiring-home", elsewhere, slow=True),
    Setup("wiring", "wiring-not-required", not_required, slow=True),
    Setup("wiring", "wiring-none", none, wire, slow=True),
)
