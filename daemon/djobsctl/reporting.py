"""Reports on jobs that another ``djobsctl`` claimed: its process is gone, its number counts."""

from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode
from djobs_protocol.limits import REQUEST_SECONDS_DEFAULT
from djobsctl.daemon import call_once
from djobsctl.options import agent_name, generation, job_id
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.talk import Talk

WHICH = "dd `--generation N`: the number that `djobsctl claim` printed with the job."


def add_job(parser: "argparse.ArgumentParser") -> None:
    """Add which job is meant, and by which claim it is the caller's."""
    parser.add_argument("job_id", metavar="ID", type=job_id, help="the job's id")
    parser.add_argument(
        "--generation",
        metavar="N",
        type=generation,
        help="of the claim, as `djobsctl claim` printed it: it is refused if that is over",
    )
    parser.add_argument(
        "--agent", type=agent_name, metavar="NAME", help="who says so; kept in the history"
    )


def require_generation(args: "argparse.Namespace") -> None:
    """Raise unless the claim is named."""
    if args.generation is None:
        raise UsageError(
            "--generation is missing, so it is not clear whose the job is.", f"A{WHICH}"
        )


def report(
    method: str,
    args: "argparse.Namespace",
    said: "dict[str, Any]",
    talk: "Talk",
    timeout_seconds: float = REQUEST_SECONDS_DEFAULT,
) -> "dict[str, Any]":
    """Report once, whatever becomes of the daemon meanwhile, and return its answer."""
    asked = {"job_id": args.job_id, "generation": args.generation, **said}
    given = {name: value for name, value in asked.items() if value is not None}
    try:
        return call_once(talk, None, method, given, timeout_seconds, agent=args.agent)
    except DjobsError as error:
        raise with_the_way_out(error, args.generation) from None


def with_the_way_out(error: DjobsError, number: int | None) -> DjobsError:
    """Return the refusal; where no claim was named, it says how to be the one who holds the job."""
    usual = CATALOGUE[ErrorCode.NOT_HOLDER].hint
    if error.code is not ErrorCode.NOT_HOLDER or number is not None or error.hint != usual:
        return error
    hint = f"If that claim is yours, a{WHICH}"
    return DjobsError(error.code, error.message, **{**error.data, "hint": hint})
