"""``python -I -S <this file>``: djobs-mcp without the cost of ``site``.

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
    if beside.endswith("/shim"):
        sys.path.append(beside[:-4] + "protocol")


if __name__ == "__main__":
    _find_packages()
    try:
        from djobs_shim.relay import main
    except (ImportError, SyntaxError) as error:  # the package is being replaced
        sys.stderr.write(f"djobs-mcp: djobs cannot be loaded: {error}.\n")
        sys.exit(71)
    main()
