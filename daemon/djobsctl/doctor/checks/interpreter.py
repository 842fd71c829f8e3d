"""Whether this Python can run the daemon, and will be there tomorrow."""

from collections.abc import Mapping
from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well
from djobsctl.installed import INDEX, Installed, Source

OLDEST = (3, 11)
EPHEMERAL = ("/uv/archive-v0/", "/uv/builds-v0/", "/pipx/.cache/", "/.cache/pipx/")
"""Parts of the paths of environments that ``uvx`` and ``pipx run`` make, and remove again."""

REWRITE = (
    "`PYTHON -m pip install --force-reinstall --no-deps djobs` (or from where it came), which "
    "writes its files anew"
)
OLD = Trouble(
    "python-old",
    Level.PROBLEM,
    "The Python is older than djobs supports.",
    "The daemon cannot be started with it.",
    "install Python 3.11 or newer, then djobs with it: `uv tool install --force djobs`",
)
MODULES = Trouble(
    "modules-missing",
    Level.PROBLEM,
    "Packages that the daemon needs are not installed.",
    "The daemon cannot start; this happens when an environment was changed by another program.",
    "`PYTHON -m pip install djobs` (or from where it came), `uv tool upgrade --reinstall djobs`,"
    " `pipx reinstall djobs`",
)
MOVED = Trouble(
    "venv-moved",
    Level.PROBLEM,
    "The commands of this environment name a Python that is not there: it was moved or renamed.",
    "Editors that start `djobs-mcp` from it cannot.",
    REWRITE,
)
CHANGED = Trouble(
    "python-changed",
    Level.PROBLEM,
    "The environment was made for another version of Python than the one it leads to now.",
    "What was installed for the old one is not found by the new one.",
    "make the environment anew: `uv tool install --force djobs`, or `pipx reinstall djobs`",
)
GONE = Trouble(
    "python-gone",
    Level.PROBLEM,
    "The Python below this environment is not there any more: it was upgraded away.",
    "No new process of djobs can be started; those that run go on until they end.",
    "make the environment anew: `uv tool install --force djobs`, or `pipx reinstall djobs`",
)
CACHE = Trouble(
    "python-ephemeral",
    Level.WARNING,
    "djobs runs from a cache, as `uvx` and `pipx run` make it.",
    "The cache is cleared at any time, under a daemon that runs from it.",
    "install it for good: `uv tool install djobs`",
)
TROUBLES = (OLD, MODULES, MOVED, CHANGED, GONE, CACHE)


@dataclass(frozen=True)
class Script:
    """A command of the environment, and the interpreter that its first line names."""

    path: str
    interpreter: str
    is_there: bool


@dataclass(frozen=True)
class Interpreter:
    """The Python that the daemon is started with."""

    executable: str
    version: tuple[int, int]
    prefix: str
    base: str
    """The interpreter below the environment; the same where there is none."""
    base_is_there: bool
    made_for: tuple[int, int] | None
    """The version that the environment was made for; None where there is none."""
    modules: Mapping[str, bool]
    """Each package that the daemon needs, and whether it is installed."""
    scripts: tuple[Script, ...]
    source: Source = INDEX
    """Where djobs was installed from."""

    @property
    def installed(self) -> Installed:
        """How it is installed, and so mended."""
        return Installed(self.executable, self.prefix, self.source)


def look(facts: Interpreter) -> list[Finding]:
    """Judge the interpreter and its environment."""
    return [*_python(facts), *_modules(facts), *_scripts(facts)] or well(
        f"Python {_dotted(facts.version)}, {facts.executable}"
    )


def _python(facts: Interpreter) -> list[Finding]:
    if facts.version < OLDEST:
        says = (
            f"{facts.executable} is Python {_dotted(facts.version)}; {_dotted(OLDEST)} is needed."
        )
        return [found(OLD, says, *facts.installed.again())]
    if not facts.base_is_there:
        says = f"{facts.prefix} leads to {facts.base}, which is not there."
        return [found(GONE, says, *facts.installed.again())]
    if facts.made_for is not None and facts.made_for != facts.version:
        says = (
            f"{facts.prefix} was made for Python {_dotted(facts.made_for)} and leads to "
            f"{_dotted(facts.version)}."
        )
        return [found(CHANGED, says, *facts.installed.again())]
    if any(each in f"{facts.prefix}/" for each in EPHEMERAL):
        says = f"It runs from {facts.prefix}, which is a cache."
        return [found(CACHE, says, f"uv tool install {facts.source.words()}", steps=_WIRE_AGAIN)]
    return []


_WIRE_AGAIN = "Then restart it from there: `djobsctl restart`."


def _modules(facts: Interpreter) -> list[Finding]:
    missing = [name for name, is_there in facts.modules.items() if not is_there]
    if not missing:
        return []
    says = f"{facts.executable} has no {', '.join(missing)}."
    return [found(MODULES, says, facts.installed.completed())]


def _scripts(facts: Interpreter) -> list[Finding]:
    lost = [each for each in facts.scripts if not each.is_there]
    if not lost:
        return []
    names = ", ".join(each.path for each in lost)
    says = f"{names}: the first line names {lost[0].interpreter}, which is not there."
    return [found(MOVED, says, *facts.installed.rewritten())]


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
