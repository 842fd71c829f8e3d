"""Pythons, environments and programs that cannot be started, or not for long."""

import subprocess
import sys
from pathlib import Path

from tests.doctor.bench import Bench
from tests.doctor.setup import Setup

PIP = "import os, runpy, sys; os.execv('/bin/sh', ['sh', '-e', __file__ + '.sh', *sys.argv[1:]])\n"
"""A module ``pip`` that does what a test says instead of asking a package index."""
SAYS = 'echo \'[[{version}], "{prefix}", "{base}", {{"msgspec": true}}]\''
"""What an interpreter says of itself when ``doctor`` asks it."""


def venv(bench: Bench, folder: str, pip: str = "") -> Path:
    """Make an environment of its own, without packages, and have it looked at."""
    path = bench.tools / folder
    command = [sys.executable, "-m", "venv", "--without-pip", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    python = path / "bin" / "python"
    (packages(path) / "pip.py").write_text(PIP)
    (packages(path) / "pip.py.sh").write_text(pip)
    bench.overrides["python"] = str(python)
    return path


def packages(environment: Path) -> Path:
    """Return the folder of an environment's packages."""
    return next(environment.glob("lib/python*/site-packages"))


def all_packages(environment: Path) -> str:
    """Return a command that lets an environment find what the tests' own has."""
    here = next(each for each in sys.path if each.endswith("site-packages"))
    return f"echo {here} > {packages(environment)}/all.pth"


def without_modules(bench: Bench) -> None:
    environment = venv(bench, "v")
    (packages(environment) / "pip.py.sh").write_text(all_packages(environment))


def moved(bench: Bench) -> None:
    environment = venv(bench, "v")
    subprocess.run(["sh", "-c", all_packages(environment)], check=True)
    script = environment / "bin" / "djobs-mcp"
    script.write_text("#!/where/it/was/bin/python\n")
    fresh = f"echo '#!{environment}/bin/python' > {script}"
    (packages(environment) / "pip.py.sh").write_text(fresh)


def stage_python(bench: Bench, version: str, base: str) -> None:
    """Let a script be the interpreter, in an environment that uv made, and uv mend it."""
    prefix = bench.tools / "share" / "uv" / "tools" / "djobs"
    said = SAYS.format(version=version, prefix=prefix, base=base)
    python = bench.tool("share/uv/tools/djobs/bin/python", said)
    bench.overrides["python"] = str(python)
    real = SAYS.format(version="3, 13", prefix=prefix, base="/bin/sh").replace("'", "'\"'\"'")
    config = prefix / "pyvenv.cfg"
    config.write_text("home = /usr/bin\nversion = 3.12.1\n")
    bench.tool("uv", f"echo '{real}' > {python}; echo 'version = 3.13.0' > {config}")


def old(bench: Bench) -> None:
    stage_python(bench, "3, 9", "/bin/sh")


def changed(bench: Bench) -> None:
    stage_python(bench, "3, 13", "/bin/sh")


def gone(bench: Bench) -> None:
    stage_python(bench, "3, 12", "/nowhere/python3.12")


def ephemeral(bench: Bench) -> None:
    venv(bench, "cache/uv/archive-v0/x1")
    bench.tool("uv", f"{sys.executable} -m venv --without-pip {bench.tools}/share/uv/tools/djobs")


def install_for_good(bench: Bench) -> None:
    """Install it, and start it from there."""
    bench.type(bench.finding("interpreter", "python-ephemeral").commands)
    bench.overrides["python"] = str(
        bench.tools / "share" / "uv" / "tools" / "djobs" / "bin" / "python"
    )


def shim(bench: Bench, code: str | None) -> None:
    """Lay out an installation whose shim is this; installing anew brings one that is right."""
    parts = bench.tools / "parts"
    (parts / "djobs_daemon").mkdir(parents=True)
    package = parts / "djobs_shim"
    package.mkdir()
    if code is not None:
        (package / "__main__.py").write_text(code)
    right = "from djobs_protocol.version import VERSION\nprint('djobs-mcp', VERSION)"
    path = Path(__file__).parents[3] / "protocol"
    fresh = f"import sys\nsys.path.append({str(path)!r})\n{right}\n"
    pip = f"cat > {package}/__main__.py <<'END'\n{fresh}END\n"
    venv(bench, "v", pip)
    bench.overrides["daemon_folder"] = str(parts / "djobs_daemon")


def without_shim(bench: Bench) -> None:
    shim(bench, None)


def broken_shim(bench: Bench) -> None:
    shim(bench, "import nothing_of_that_name\n")


def other_shim(bench: Bench) -> None:
    shim(bench, "print('djobs-mcp 0.0.1')\n")


SETUPS = (
    Setup("interpreter", "python-old", old),
    Setup("interpreter", "modules-missing", without_modules),
    Setup("interpreter", "venv-moved", moved),
    Setup("interpreter", "python-changed", changed),
    Setup("interpreter", "python-gone", gone),
    Setup("interpreter", "python-ephemeral", ephemeral, install_for_good),
    Setup("shim", "shim-missing", without_shim),
    Setup("shim", "shim-broken", broken_shim),
    Setup("shim", "shim-other", other_shim),
)
