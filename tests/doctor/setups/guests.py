"""Instructions and hooks that an earlier installation wrote into agents' files."""

from pathlib import Path

from tests.doctor.bench import Bench
from tests.doctor.setup import Setup
from tests.doctor.setups.agents import person


def project(bench: Bench) -> Path:
    """Stand in a project of a person's; return its folder."""
    person(bench)
    folder = bench.tools / "project"
    (folder / ".git").mkdir(parents=True)
    bench.overrides["folder"] = str(folder)
    return folder


def old_instructions(bench: Bench) -> None:
    folder = project(bench)
    bench.type(("djobsctl install-instructions --yes >/dev/null",))
    path = folder / "AGENTS.md"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([lines[0], "Use djobs 0.0.1.", *lines[2:]]) + "\n", "utf-8")


def hooked(bench: Bench) -> Path:
    """Have the hook put into Claude Code's settings; return the file."""
    project(bench)
    bench.type(("djobsctl install-hooks --host claude-code --yes >/dev/null",))
    return bench.tools / "person" / ".claude" / "settings.json"


def old_hook(bench: Bench) -> None:
    path = hooked(bench)
    path.write_text(path.read_text("utf-8").replace(" -I -S ", " -I "), "utf-8")


def gone_hook(bench: Bench) -> None:
    path = hooked(bench)
    text = path.read_text("utf-8")
    assert "/djobs_hook/" in text
    path.write_text(text.replace("/djobs_hook/", "/removed/djobs_hook/"), "utf-8")


def unreadable(bench: Bench) -> None:
    path = hooked(bench)
    path.write_text(path.read_text("utf-8") + "}", "utf-8")


def mend_file(bench: Bench) -> None:
    path = bench.tools / "person" / ".claude" / "settings.json"
    path.write_text(path.read_text("utf-8").removesuffix("}"), "utf-8")


SETUPS = (
    Setup("guests", "instructions-old", old_instructions),
    Setup("guests", "hook-old", old_hook, slow=True),
    Setup("guests", "hook-gone", gone_hook),
    Setup("guests", "guest-unreadable", unreadable, mend_file),
)
