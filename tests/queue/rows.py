"""Jobs as the rules see them, with only the fields a test is about."""

from typing import Any

from djobs_daemon.store.records import JobRow
from djobs_protocol.states import JobState


def row(**fields: Any) -> JobRow:
    """Return a job; what is not given is None, but for what every rule looks at."""
    plain: dict[str, Any] = dict.fromkeys(JobRow.__struct_fields__)
    plain |= {"id": "j1kt", "type": "docstring", "payload": "{}", "state": JobState.PENDING}
    plain |= {"correlation_id": "w", "managed_by": "agent", "attempt": 0, "max_attempts": 3}
    plain |= {"blockers": 0, "due": True, "parked": False, "generation": 0}
    return JobRow(**{**plain, **fields})
