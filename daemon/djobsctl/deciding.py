"""Commands that decide about jobs: the same question for each id, the same answer."""

from djobsctl.daemon import session
from djobsctl.options import job_id
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("job_ids", metavar="ID", nargs="+", type=job_id, help="the jobs' ids")
    parser.add_argument("--reason", metavar="TEXT", help="why; kept in the history")


def run(method: str, args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask for each job in turn; what the daemon refuses ends the command with its error."""
    reason = {} if args.reason is None else {"reason": args.reason}
    with session(talk) as call:
        jobs = [call(method, {"job_id": each, **reason}) for each in args.job_ids]
    return Outcome({"jobs": jobs})


def run_batches(
    method: str, asked: "dict[str, Any]", talk: "Talk", left: str
) -> "tuple[list[str], list[str]]":
    """Ask about all jobs there are, as often as there are more; return those moved and left."""
    ids: list[str] = []
    left_ids: list[str] = []
    with session(talk) as call:
        while True:
            reply = call(method, asked)
            ids += reply.get("ids", [])
            left_ids += reply.get(left, [])
            if "next_cursor" not in reply:
                return ids, left_ids
            asked = {**asked, "cursor": reply["next_cursor"]}


def render(document: "dict[str, Any]") -> str:
    """Return a line for each job."""
    return "\n".join(map(_line, document["jobs"]))


def _line(job: "dict[str, Any]") -> str:
    if job["state"] == "running":  # only what djobs itself runs: it ends when its processes have
        return f"{job['id']} is being stopped; `djobsctl wait {job['id']}` waits for its end."
    return f"{job['id']} is {job['state']}."
