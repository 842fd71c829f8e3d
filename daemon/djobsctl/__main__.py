"""``djobsctl``: find the command, run it, print what it says.

The start is on everybody's critical path (scripts call ``djobsctl status --json`` in loops), so
nothing is imported here that the fastest command does not need.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141
"""128 + SIGINT and 128 + SIGPIPE, as a shell reports them."""


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command and return its exit status."""
    words = sys.argv[1:] if argv is None else list(argv)
    if sys.stdout is None or sys.stderr is None:
        replace_closed_streams()
    try:
        if words == ["--version"]:
            return print_version()
        from djobsctl.dispatch import dispatch

        return dispatch(words)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        from djobsctl.output import forget_standard_output

        forget_standard_output()
        return EXIT_PIPE_CLOSED


def replace_closed_streams() -> None:
    """Let ``djobsctl … >&-`` write to nothing instead of failing, or into a file opened later."""
    import os

    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115


def print_version() -> int:
    """Print the release."""
    from djobs_protocol.version import VERSION

    sys.stdout.write(f"djobsctl {VERSION}\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
