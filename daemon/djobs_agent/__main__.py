"""``python -I <path>/djobs_agent/__main__.py REQUEST.json ANSWER.json``.

Its exit status says whether there is an answer (``contract.EXIT_*``). What it prints is the job's
log.
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
    """Do the job and exit."""
    from djobs_agent.program import run

    status = run(sys.argv[1:], os.environ)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _find_packages()
    main()
