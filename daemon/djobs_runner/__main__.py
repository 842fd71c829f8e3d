"""``python -I -S <this file> <run folder>``: the runner of one job, with descriptors 3 and 4.

A script named by path is compiled at every start, so everything else is in modules, which are not.
"""

import sys


def _find_packages() -> None:
    """Let a bare interpreter find what lies beside this package.

    In a wheel that is the folder above; in a checkout the protocol has a folder of its own. At the
    end of the path, so that nothing there can stand in for the standard library.
    """
    beside = __file__.rpartition("/")[0].rpartition("/")[0]
    sys.path.append(beside)
    if beside.endswith("/daemon"):
        sys.path.append(beside[:-6] + "protocol")


if __name__ == "__main__":
    _find_packages()
    from djobs_runner.life import main

    main(sys.argv[1])
