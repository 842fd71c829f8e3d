"""Running the checks over a place, and what came of them as one document."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from djobsctl.doctor.check import Check
from djobsctl.doctor.finding import WRONG, Finding, Level, Repair
from djobsctl.doctor.place import Place
from djobsctl.doctor.repairing import NotTheSame, apply
from djobsctl.doctor.table import NAMES, check_of

WITHOUT_HOME: Final = ("environment", "interpreter")
"""What can be looked at though nobody knows where the home is."""
SEVERITY: Final = tuple(Level)

Examined = list[tuple[Check[Any], list[Finding]]]


def examine(place: Place, only: Sequence[str] = ()) -> Examined:
    """Run the checks named, or all; each whatever the others found."""
    chosen = [
        check_of(name)
        for name in NAMES
        if (not only or name in only) and (not place.home_problem or name in WITHOUT_HOME)
    ]
    return [(check, check.examine(place)) for check in chosen]


def is_well(examined: Examined) -> bool:
    """Say whether nothing was found that has to be mended."""
    return not any(each.level in WRONG for _, findings in examined for each in findings)


def repairs(examined: Examined) -> list[Repair]:
    """Return what ``--fix`` may do, each file once."""
    found = [each.repair for _, findings in examined for each in findings if each.repair]
    return list(dict.fromkeys(found))


def mend(planned: Iterable[Repair]) -> list[dict[str, Any]]:
    """Make the changes, and say of each whether it was made."""
    return [
        {"kind": str(each.kind), "path": each.path, "failed": _why_not(each)} for each in planned
    ]


def _why_not(repair: Repair) -> str | None:
    try:
        apply(repair)
    except NotTheSame as reason:
        return f"{reason}; nothing was touched"
    except OSError as error:
        return error.strerror or str(error)
    return None


def document(place: Place, examined: Examined, repaired: list[dict[str, Any]]) -> dict[str, Any]:
    """Return everything as plain values."""
    return {
        "home": place.home or None,
        "well": is_well(examined),
        "repaired": repaired,
        "checks": [
            {
                "name": check.name,
                "title": check.title,
                "level": str(max((each.level for each in findings), key=SEVERITY.index)),
                "findings": [described(each) for each in findings],
            }
            for check, findings in examined
        ],
    }


def described(finding: Finding) -> dict[str, Any]:
    """Return one finding; of what is well there is only a sentence."""
    trouble = finding.trouble
    if trouble is None:
        return {"level": str(finding.level), "says": finding.says}
    return {
        "level": str(finding.level),
        "says": finding.says,
        "code": trouble.code,
        "why": trouble.why,
        "fix": {
            "commands": list(finding.commands),
            "steps": finding.steps or None,
            "safe": finding.repair is not None,
        },
    }
