"""Which jobs a command is about that works in a folder: its own, unless another place is named."""

from djobsctl.options import correlation, folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_place(parser: "argparse.ArgumentParser") -> "argparse._MutuallyExclusiveGroup":
    """Add the ways to name a workflow; together they exclude each other."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--correlation", metavar="ID", type=correlation, help="of this workflow")
    group.add_argument(
        "--workspace", metavar="DIR", type=folder, help="of this folder (the current one)"
    )
    return group


def workspace(args: "argparse.Namespace") -> str:
    """Return the folder that the command works in."""
    chosen: str = args.workspace or folder(".")
    return chosen


def workflow_members(args: "argparse.Namespace") -> dict[str, str]:
    """Return what a request says beside the folder, which the hello names."""
    return {} if args.correlation is None else {"correlation_id": args.correlation}
