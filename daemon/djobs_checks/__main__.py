"""``python -I <path>/djobs_checks/__main__.py REQUEST.json``.

Prints one line of JSON, what it found. Exit status: 0 passed, 1 failed, 2 could not be looked at.
"""

import os
import sys


def _find_packages() -> None:
    """Let an isolated interpreter find what this file lies beside; see ``djobs_daemon``'s."""
    beside = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    wanted = [beside]
    if os.path.basename(beside) == "daemon":
        wanted.append(os.path.join(os.path.dirname(beside), "protocol"))
        if sys.prefix == sys.base_prefix:
            import site

            wanted.append(site.getusersitepackages())
    sites = (number for number, folder in enumerate(sys.path) if folder.endswith("-packages"))
    place = next(sites, len(sys.path))
    sys.path[place:place] = [folder for folder in wanted if folder not in sys.path]


def main() -> None:
    """Look and exit."""
    from djobs_checks.program import run

    sys.exit(run(sys.argv[1]))


if __name__ == "__main__":
    _find_packages()
    main()
