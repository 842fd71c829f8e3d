"""Looking at the sandboxes that types require, by trying them out."""

from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.sandbox import TROUBLES, Required, look
from djobsctl.doctor.place import Place


def gather(place: Place) -> list[Required]:
    """Compare what was tried just now with what the daemon says."""
    daemon = place.daemon or {}
    said = (daemon.get("executors") or {}).get("sandboxes", {})
    return [
        Required(
            type=each["type"],
            level=each["level"],
            enforced=each["enforced"],
            reason=each["reason"],
            hint=each["hint"],
            said=str(said.get(each["type"], "")),
        )
        for each in place.inspected.get("sandboxes", [])
    ]


CHECK = Check("sandbox", "Sandboxes", TROUBLES, gather, look)
