"""Whether the models that were set up can be asked."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well
from djobsctl.installed import Installed

KEY = Trouble(
    "provider-no-key",
    Level.PROBLEM,
    "A provider of models, or a type that needs one, has no key.",
    "Its jobs fail at once.",
    "a line `NAME=value` in `secrets.env` in the home, and `chmod 600` it; read when a job begins",
)
MODEL = Trouble(
    "model-unknown",
    Level.PROBLEM,
    "`config.toml` names a model that stands for nothing.",
    "Jobs that ask for it fail at once.",
    "correct the name: a tier, an alias, or `provider:model` with a provider that is set up",
)
EXTRA = Trouble(
    "llm-missing",
    Level.PROBLEM,
    "Models are set up, and what asks them is not installed: the extra `djobs[llm]`.",
    "Every job of a model fails.",
    "`PYTHON -m pip install 'djobs[llm]'`, or as djobs was installed: "
    "`uv tool install --force 'djobs[llm]'`, `pipx install --force 'djobs[llm]'`",
)
TROUBLES = (KEY, MODEL, EXTRA)


@dataclass(frozen=True)
class Providers:
    """What is set up, as far as it could not be asked; a place in the file with a reason each."""

    without_key: tuple[tuple[str, str], ...]
    unknown_models: tuple[tuple[str, str], ...]
    wanted: str
    """Who needs the extra; empty when nobody does."""
    missing: tuple[str, ...]
    secrets: str
    """Where keys are read from."""
    installed: Installed


def look(facts: Providers) -> list[Finding]:
    """Judge what was set up."""
    where = f"A line NAME=value in {facts.secrets}, which only you may read."
    findings = [
        found(KEY, f"{place}: {reason}", steps=where) for place, reason in facts.without_key
    ]
    findings += [
        found(MODEL, f"{place}: {reason}", steps="Correct the name in config.toml.")
        for place, reason in facts.unknown_models
    ]
    if facts.missing:
        says = f"{facts.wanted} needs {', '.join(facts.missing)}."
        says = says[:1].upper() + says[1:]
        findings.append(found(EXTRA, says, facts.installed.completed("llm")))
    return findings or well("what is set up can be asked" if facts.wanted else "none is set up")
