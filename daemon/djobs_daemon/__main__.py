"""``djobsd``. Runs as a console script or as a file: ``python -I …/djobs_daemon/__main__.py``.

Imports nothing but ``os`` and ``sys`` before it has left its parent and taken the lock's road:
whoever started it is waiting.
"""

import os
import sys


def main() -> None:
    """Run the daemon until it is told to stop; exit with its status."""
    if sys.platform == "win32":
        os.write(2, b"djobsd: Windows is not supported yet; Linux and macOS are.\n")
        raise SystemExit(69)
    from djobs_daemon.options import parse_options
    from djobs_daemon.process import detach

    options = parse_options(sys.argv[1:])
    if options.check:
        from djobs_daemon.trial import run as try_out

        raise SystemExit(try_out(options))
    if options.detach and options.inherited is None:
        detach()
    from djobs_daemon.boot import run

    status = run(options)
    # Everything is closed and logged, unbuffered. The interpreter's own way out waits for threads,
    # and one that imports the MCP SDK takes seconds: a mute daemon would hold the lock for so long.
    os._exit(status)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from djobs_beside import find_packages

    find_packages()
    main()
