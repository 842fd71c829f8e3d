"""Whether every setting can be read, and no secret stands where others read it."""

import shlex
from dataclasses import dataclass

from djobsctl.doctor.files import Seen
from djobsctl.doctor.finding import Finding, Kind, Level, Trouble, found, well

SYNTAX = Trouble(
    "config-syntax",
    Level.PROBLEM,
    "`config.toml` is not valid TOML.",
    "No daemon can start; one that runs goes on with what it read.",
    "mend the line that the message names",
)
UNKNOWN = Trouble(
    "config-unknown",
    Level.PROBLEM,
    "`config.toml` has a setting or a table that does not exist.",
    "No daemon can start: what was meant would silently not be so.",
    "correct the name, or remove the line; `djobsctl config` names every setting",
)
VALUE = Trouble(
    "config-value",
    Level.PROBLEM,
    "A setting in `config.toml` has a wrong value.",
    "No daemon can start; one that runs goes on with what it read.",
    "correct the value; `djobsctl config` says what is expected",
)
TABLE = Trouble(
    "config-table",
    Level.PROBLEM,
    "A table of `config.toml` (`[types]`, `[llm]`, `[agents]`, `[limits]`, `[budgets]`) is wrong.",
    "No daemon can start; one that runs goes on with what it read.",
    "mend what the message names; docs/executors.md, llm.md, agents.md, budgets.md describe them",
)
UNREADABLE = Trouble(
    "config-unreadable",
    Level.PROBLEM,
    "`config.toml` cannot be read.",
    "No daemon can start: it would not do as it was told.",
    "`chmod 600 FILE`, or put a file where it is none",
)
VARIABLE = Trouble(
    "variable-value",
    Level.PROBLEM,
    "An environment variable gives a setting a wrong value.",
    "No daemon can be started from this terminal.",
    "`unset NAME`, or correct it; `djobsctl config` says what is expected",
)
SECRET = Trouble(
    "config-secret",
    Level.WARNING,
    "`config.toml` has a key or password in it, and others may read it.",
    "Anybody on this machine can use it.",
    "`chmod 600 FILE`; better, move it into `secrets.env`",
    safe=True,
)
KEYS = Trouble(
    "secrets-line",
    Level.PROBLEM,
    "A line of `secrets.env` is none.",
    "No job that asks a model runs until it is mended.",
    "correct the line: it has to be `NAME=value`",
)
TROUBLES = (SYNTAX, UNKNOWN, VALUE, TABLE, UNREADABLE, VARIABLE, SECRET, KEYS)


@dataclass(frozen=True)
class Config:
    """What was said in files and variables."""

    path: str
    file: Seen | None
    has_secret: bool
    problem: str
    """What is wrong in the file, as settings are read; empty when nothing is."""
    variable: str
    """The variable whose value is wrong; empty when none is."""
    variable_problem: str
    table_problem: str
    """What is wrong in the tables of which only the daemon knows."""
    keys_problem: str
    """What is wrong in ``secrets.env``."""


def look(facts: Config) -> list[Finding]:
    """Judge both files and the variables."""
    return [*_file(facts), *_variable(facts), *_secrets(facts)] or well(
        facts.path if facts.file else f"no {facts.path}; all settings have their defaults"
    )


def _file(facts: Config) -> list[Finding]:
    if facts.problem:
        trouble = _kind(facts.problem)
        shown = ("djobsctl config",) if trouble in (UNKNOWN, VALUE) else ()
        return [found(trouble, facts.problem, *shown, steps=_STEPS[trouble.code])]
    if facts.table_problem:
        return [found(TABLE, facts.table_problem, steps=f"Mend that in {facts.path}.")]
    return []


def _kind(problem: str) -> Trouble:
    """Return which mistake it is, by the words of ``djobs_local.settings``."""
    for words, trouble in (
        ("is not valid TOML", SYNTAX),
        ("cannot be read", UNREADABLE),
        ("which is no setting", UNKNOWN),
        ("has a table", UNKNOWN),
    ):
        if words in problem:
            return trouble
    return VALUE


_STEPS = {
    SYNTAX.code: "Mend the line that it names.",
    UNREADABLE.code: "Make it a file that you may read.",
    UNKNOWN.code: "Correct the name, or remove the line.",
    VALUE.code: "Correct the value.",
}


def _variable(facts: Config) -> list[Finding]:
    if not facts.variable:
        return []
    return [found(VARIABLE, facts.variable_problem, f"unset {facts.variable}")]


def _secrets(facts: Config) -> list[Finding]:
    findings = []
    if facts.file is not None and facts.has_secret and facts.file.open_to_others:
        findings.append(
            found(
                SECRET,
                f"{facts.path} has mode {facts.file.mode:04o}, and a secret in it.",
                f"chmod 600 {shlex.quote(facts.path)}",
                repair=facts.file.repair(Kind.PRIVATE),
            )
        )
    if facts.keys_problem:
        findings.append(found(KEYS, facts.keys_problem, steps="Correct that line."))
    return findings
