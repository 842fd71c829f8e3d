"""``python -I -S <this file> HOST [STATE]``: what is unfinished, as HOST's hooks answer."""

import sys


def _find_packages() -> None:
    """Let a bare interpreter find what lies beside this package, as the shim does."""
    beside = __file__.rpartition("/")[0].rpartition("/")[0]
    sys.path.append(beside)
    if beside.endswith("/packaging"):
        sys.path.append(beside[: -len("packaging")] + "protocol")


if __name__ == "__main__":
    _find_packages()
    try:
        from djobs_hook.hook import main
    except (ImportError, SyntaxError):  # the package is being replaced
        sys.exit(0)
    main(sys.argv[1:])
