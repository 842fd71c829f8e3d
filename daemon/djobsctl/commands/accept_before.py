"""``djobsctl accept-before ID``: accept everything earlier in a job's workflow as done."""

from djobsctl.daemon import session
from djobsctl.options import job_id
from djobsctl.outcome import Outcome

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
    """Ask the daemon, as often as there is more."""
    asked = {"job_id": args.job_id}
    if args.evidence is not None:
        asked["evidence"] = args.evidence
    ids: list[str] = []
    with session(talk) as call:
        while True:
            reply = call("job.accept_before", asked)
            ids += reply.get("ids", [])
            if not (reply.get("more") and reply.get("ids")):
                break
    return Outcome({"accepted": ids, "running": reply.get("running", [])})


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Say which were accepted, and which somebody works on."""
    accepted, running = document["accepted"], document["running"]
    jobs = f"{len(accepted)} job{'' if len(accepted) == 1 else 's'}"
    lines = [f"Accepted {jobs}: {', '.join(accepted)}." if accepted else "Nothing was to accept."]
    if running:
        lines.append(f"Left, for somebody works on it: {', '.join(running)}.")
    return "\n".join(lines)
