"""What ``apply`` and ``undo`` have in common: files in a workspace, written or looked at."""

from djobsctl.daemon import session
from djobsctl.options import job_id
from djobsctl.present.text import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.talk import Talk


def add_options(parser: "argparse.ArgumentParser", job: str, show: str, dry_run: str) -> None:
    """Declare the arguments, each with its help."""
    parser.add_argument("job_id", metavar="ID", type=job_id, help=job)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--show", action="store_true", help=show)
    only.add_argument("--dry-run", action="store_true", help=dry_run)


def ask(args: "argparse.Namespace", talk: "Talk", verb: str, done: str) -> "dict[str, Any]":
    """Ask the daemon to ``verb``, or only to look; ``done`` of the answer says whether it has."""
    action = "show" if args.show else "check" if args.dry_run else verb
    with session(talk) as call:
        answer = call(f"job.{verb}", {"job_id": args.job_id, "action": action})
    return {"action": action, "changes": {done: False, **answer}}


def render(document: "dict[str, Any]", done: str, nothing: str, so: str, already: str) -> str:
    """Name the files, and say what became of them: ``nothing``, ``so``, or ``already``."""
    changes = document["changes"]
    files, where = changes["files"], changes["workspace"]
    lines = [f"{each['change']:>8}  {each['path']}" for each in files]
    count = plural(len(files), "file")
    if not files:
        lines.append(nothing)
    elif changes[done]:
        lines.append(f"{so}: {count} in {where}.")
    elif document["action"] == "check":
        lines.append(f"Nothing is in the way of {count} in {where}.")
    else:
        lines.append(f"{where} {already}.")
    return "\n".join(lines)
