"""Looking at the models that are set up, and at what asking them needs."""

from djobs_protocol.endpoint import state_file
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.providers import TROUBLES, Providers, look
from djobsctl.doctor.place import Place


def gather(place: Place) -> Providers:
    """Read what the daemon's own inspection says."""
    inspected = place.inspected
    return Providers(
        without_key=_pairs(inspected.get("without_key", [])),
        unknown_models=_pairs(inspected.get("unknown_models", [])),
        wanted=str(inspected.get("llm_wanted", "")),
        missing=tuple(inspected.get("llm_missing", [])),
        secrets=state_file(place.home, "secrets.env"),
        installed=place.installed,
    )


def _pairs(rows: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((each["where"], each["reason"]) for each in rows)


CHECK = Check("providers", "Models", TROUBLES, gather, look)
