"""``djobsctl accept-before ID``: accept everything earlier in a job's workflow as done."""

from djobsctl import deciding
from djobsctl.options import job_id
from djobsctl.outcome import Outcome
from djobsctl.present.text import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("job_id", metavar="ID", type=job_id, help="the job that stays open")
    parser.add_argument("--evidence", metavar="TEXT", help="what shows that they are done")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    asked = {"job_id": args.job_id}
    if args.evidence is not None:
        asked["evidence"] = args.evidence
    ids, running = deciding.run_batches("job.accept_before", asked, talk, "running")
    return Outcome({"accepted": ids, "running": running})


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Say which were accepted, and which somebody works on."""
    accepted, running = document["accepted"], document["running"]
    lines = ["Nothing was to accept."]
    if accepted:
        lines = [f"Accepted {plural(len(accepted), 'job')}: {', '.join(accepted)}."]
    if running:
        lines.append(f"Left, for somebody works on it: {', '.join(running)}.")
    return "\n".join(lines)
