"""Draw the life of a job from the table: ``python -m djobs_protocol.diagram`` prints Mermaid."""

import sys

from djobs_protocol.states import TERMINAL_STATES, TRANSITIONS, JobState


def state_diagram() -> str:
    """Return the diagram's source, one transition a line."""
    lines = ["stateDiagram-v2", "    [*] --> pending: enqueued"]
    for state, moves in TRANSITIONS.items():
        if state not in TERMINAL_STATES:
            lines += [f"    {state} --> {target}: {event}" for event, target in moves.items()]
    lines += [f"    {state} --> [*]" for state in JobState if state in TERMINAL_STATES]
    lines.append("    note right of succeeded: any ended job may be retried, which opens a new run")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(state_diagram())
