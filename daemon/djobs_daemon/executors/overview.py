"""What the executors do now, in one look. Pure."""

from collections.abc import Mapping, Sequence

from djobs_daemon.executors.kinds import Executor
from djobs_daemon.executors.shell import ShellExecutor
from djobs_protocol.daemon_replies import ExecutorsInfo


def overview(
    executors: Mapping[str, Executor],
    running: int,
    paused: Sequence[str],
    jobs_max: int,
    problem: str | None,
) -> ExecutorsInfo:
    """Describe them; ``problem`` is what keeps them from starting anything."""
    full = f"executor_jobs_max is {jobs_max}" if running >= jobs_max else ""
    return ExecutorsInfo(
        running=running,
        at_most=jobs_max,
        held_up_by=problem or full,
        paused=sorted(paused),
        sandboxes=_sandboxes(executors),
    )


def _sandboxes(executors: Mapping[str, Executor]) -> dict[str, str]:
    said = {
        name: each.confinement()
        for name, each in sorted(executors.items())
        if isinstance(each, ShellExecutor)
    }
    return {name: text for name, text in said.items() if text}
