"""Whether this terminal says something else than all others do."""

from collections.abc import Mapping
from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well

RELATIVE = Trouble(
    "home-relative",
    Level.PROBLEM,
    "`DJOBS_HOME` is a relative path.",
    "It would be another daemon in every folder, so it is refused.",
    "`unset DJOBS_HOME`, or set it to an absolute path",
)
NO_ACCOUNT = Trouble(
    "home-unknown",
    Level.PROBLEM,
    "This user is in no password database, and `DJOBS_HOME` is not set.",
    "djobs does not know where its home would be; this is so in containers that run under any "
    "number.",
    "`export DJOBS_HOME=/a/folder/of/its/own`",
)
ELSEWHERE = Trouble(
    "home-elsewhere",
    Level.WARNING,
    "`DJOBS_HOME` points elsewhere in this terminal, and the usual home is in use, too.",
    "What is done here goes to another daemon and database than where that is not set.",
    "`unset DJOBS_HOME`, unless it is meant",
)
ALONE = Trouble(
    "variable-alone",
    Level.NOTE,
    "A variable of this terminal sets what the running daemon has otherwise.",
    "It counts only for a daemon that is started from here, and so depends on who starts it.",
    "`unset NAME`; what is to count always belongs into `config.toml`",
)
UNKNOWN = Trouble(
    "variable-unknown",
    Level.NOTE,
    "A variable begins with `DJOBS_` and means nothing.",
    "It may be a slip: what was meant is not so.",
    "`unset NAME`, or correct its name; `djobsctl config` names them all",
)
TROUBLES = (RELATIVE, NO_ACCOUNT, ELSEWHERE, ALONE, UNKNOWN)


@dataclass(frozen=True)
class Environment:
    """What this terminal says."""

    home: str
    home_problem: str
    """Why there is no home; empty when there is one."""
    chosen: str
    """``DJOBS_HOME``; empty when it is not set."""
    usual: str
    """The usual home, if it is another one and in use; else empty."""
    alone: Mapping[str, tuple[str, str]]
    """By variable: what it sets here, and what the daemon has."""
    unknown: tuple[str, ...]


def look(facts: Environment) -> list[Finding]:
    """Judge the variables."""
    if facts.home_problem and facts.chosen:
        return [found(RELATIVE, facts.home_problem, "unset DJOBS_HOME")]
    if facts.home_problem:
        return [found(NO_ACCOUNT, facts.home_problem, steps="Set DJOBS_HOME to a folder.")]
    findings = []
    if facts.usual:
        says = f"DJOBS_HOME is {facts.chosen}; {facts.usual} has a database, too."
        findings.append(found(ELSEWHERE, says, "unset DJOBS_HOME"))
    findings += [
        found(ALONE, f"{name} is {here} here; the daemon has {there}.", f"unset {name}")
        for name, (here, there) in facts.alone.items()
    ]
    findings += [
        found(UNKNOWN, f"{name} is no variable of djobs.", f"unset {name}")
        for name in facts.unknown
    ]
    return findings or well(facts.home)
