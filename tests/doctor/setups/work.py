"""Sandboxes, models and clocks that jobs need and do not get."""

import os
import shutil
import sys
import time

from tests.cli.command import djobsctl
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup
from tests.doctor.setups.installation import packages, venv
from tests.doctor.setups.settings import config
from tests.harness import needs

CONFINED = '[types.careful]\nexecutor = "shell"\nsandbox = "write"\n'
ALIAS = '[llm.aliases]\nbest = "{}:m"\n'
HIDE = """
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "pydantic_ai" else real(name, *rest)
"""


def only_tools(bench: Bench, *names: str) -> None:
    """Leave only these programs on the terminal's PATH."""
    for name in names:
        found = shutil.which(name)
        assert found is not None, name
        (bench.tools / name).symlink_to(found)
    bench.home.env["PATH"] = f"{bench.tools}:{os.path.dirname(sys.executable)}"


def no_sandbox(bench: Bench) -> None:
    only_tools(bench, "sh", "env", "true")
    bench.write("config.toml", CONFINED)


def failing_sandbox(bench: Bench) -> None:
    no_sandbox(bench)
    bench.tool("bwrap", "echo 'No permissions to create new namespace' >&2; exit 1")


trust_it = config(CONFINED.replace('"write"', '"none"'))


def unnoticed(bench: Bench) -> None:
    bwrap = needs.program("bwrap")
    before = bench.home.env["PATH"]
    no_sandbox(bench)
    bench.home.start()
    submit = ("submit", "--wait", "--type", "careful", "--", "true")
    djobsctl(bench.home, *submit, folder=bench.home.state, DJOBS_START_TIMEOUT_S="10")
    bench.home.env["PATH"] = before
    assert os.path.dirname(bwrap) in before.split(":")


def no_key(bench: Bench) -> None:
    bench.write("config.toml", '[types.ask]\nexecutor = "llm"\nsystem = "Be brief."\n')
    bench.home.env["HOME"] = bench.home.state  # whose AWS files nobody has


def key(bench: Bench) -> None:
    bench.write("secrets.env", "OPENAI_API_KEY=nothing-real\n")


def without_extra(bench: Bench) -> None:
    environment = venv(bench, "v")
    paths = "\n".join(each for each in sys.path if os.path.isdir(each))
    hidden = packages(environment) / "hide.py"
    hidden.write_text(HIDE)
    (packages(environment) / "all.pth").write_text(f"{paths}\nimport hide\n")
    (packages(environment) / "pip.py.sh").write_text(f"echo > {hidden}")
    no_key(bench)
    key(bench)


def behind(bench: Bench) -> None:
    bench.used()
    ahead = time.time() + 86_400
    os.utime(bench.state / "jobs.db", (ahead, ahead))


def right_clock(bench: Bench) -> None:
    """Set the clock: to a day later."""
    bench.overrides["now_ms"] = time.time_ns() // 1_000_000 + 2 * 86_400_000


def old_clock(bench: Bench) -> None:
    bench.overrides["now_ms"] = 0


def unknown_zone(bench: Bench) -> None:
    bench.home.env["TZ"] = "Mars/Olympus"


unknown_model, known_model = (config(ALIAS.format(each)) for each in ("nobodys", "openai"))

SETUPS = (
    Setup("sandbox", "sandbox-missing", no_sandbox, trust_it),
    Setup("sandbox", "sandbox-fails", failing_sandbox, trust_it, slow=True),
    Setup("sandbox", "sandbox-unnoticed", unnoticed, slow=True),
    Setup("providers", "provider-no-key", no_key, key),
    Setup("providers", "model-unknown", unknown_model, known_model, slow=True),
    Setup("providers", "llm-missing", without_extra, slow=True),
    Setup("clock", "clock-behind", behind, right_clock),
    Setup("clock", "clock-old", old_clock, right_clock),
    Setup("clock", "zone-unknown", unknown_zone),
)
