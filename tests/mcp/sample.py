"""A task as tests of what agents read know it."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from djobs_protocol.states import JobState
from djobs_protocol.values import Job

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
WORKSPACE = "/home/user/project"


def job(number: int, **changes: Any) -> Job:
    plain = Job(
        id=f"j{number}kt",
        type="docstring",
        state=JobState.PENDING,
        correlation_id=WORKSPACE,
        workspace=WORKSPACE,
        payload={"path": f"src/package/module_{number}.py"},
        priority=5,
        attempt=0,
        max_attempts=3,
        managed_by="agent",
        revision=1,
        created_at=NOW,
        updated_at=NOW,
    )
    return msgspec.structs.replace(plain, **changes)
