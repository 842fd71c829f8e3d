"""``python -I <path>/djobs_checks/__main__.py REQUEST.json``.

Prints one line of JSON, what it found. Exit status: 0 passed, 1 failed, 2 could not be looked at.
"""

import os
import sys


def main() -> None:
    """Look and exit."""
    from djobs_checks.program import run

    sys.exit(run(sys.argv[1]))


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from djobs_beside import find_packages

    find_packages()
    main()
