"""What may be said of a new job, in the same words by every command that makes one."""

from djobsctl.json_options import members
from djobsctl.options import attempts, job_id, key_name, priority

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

NAMES = {
    "priority": "priority",
    "max_attempts": "max_attempts",
    "resource_key": "resource_key",
    "idempotency_key": "idempotency_key",
    "after": "depends_on",
    "verify": "verify",
}
"""Options that are members of ``djobs_protocol.values.NewJob``, and which."""


def add_job_options(parser: "argparse.ArgumentParser", attempts_default: str) -> None:
    """Add what ``job_members`` returns; ``attempts_default`` says how often unless told."""
    parser.add_argument("--priority", type=priority, metavar="N", help="1 (first) to 10")
    parser.add_argument(
        "--after",
        action="append",
        type=job_id,
        metavar="ID",
        help="not before this job has succeeded; may be repeated",
    )
    parser.add_argument(
        "--attempts",
        dest="max_attempts",
        type=attempts,
        metavar="N",
        help=f"tries altogether ({attempts_default})",
    )
    parser.add_argument(
        "--resource", dest="resource_key", type=key_name, metavar="KEY", help="what it needs alone"
    )
    parser.add_argument(
        "--key",
        dest="idempotency_key",
        type=key_name,
        metavar="KEY",
        help="names the job: the same key again is the same job",
    )
    parser.add_argument(
        "--verify",
        action="append",
        type=members,
        metavar="JSON",
        help='a check that must pass before it succeeds: {"command": "make test"}; repeatable',
    )


def job_members(args: "argparse.Namespace") -> "dict[str, Any]":
    """Return what was said of the job, by the protocol's names."""
    given = {member: getattr(args, option) for option, member in NAMES.items()}
    return {member: value for member, value in given.items() if value is not None}
