"""``python -I <path>/djobs_agent/__main__.py REQUEST.json ANSWER.json``.

Its exit status says whether there is an answer (``contract.EXIT_*``). What it prints is the job's
log.
"""

import os
import sys


def main() -> None:
    """Do the job and exit."""
    from djobs_agent.program import run

    status = run(sys.argv[1:], os.environ)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from djobs_beside import find_packages

    find_packages()
    main()
