"""Two requests to Linux for which the standard library has no function.

By the accelerator of ``ctypes`` alone: the package costs a third of an interpreter's start. Where
it is missing, or has changed, what is asked for here is done without, and said so by the answer.
"""

import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_SIGKILL = 9
_RTLD_NOW = 2


def adopt_orphans() -> bool:
    """Become the parent of every descendant whose own parent ends (PR_SET_CHILD_SUBREAPER).

    So a process that forked twice and made a session of its own is still found. False where the
    system has no such thing.
    """
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> bool:
    """Be killed when the parent ends. It survives an exec, but not one of a set-user-id program."""
    return _prctl(PR_SET_PDEATHSIG, _SIGKILL)


def _prctl(option: int, argument: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        import _ctypes

        linked = _ctypes.dlopen(None, _RTLD_NOW)  # type: ignore[arg-type]
        address = _ctypes.dlsym(linked, "prctl")
        return bool(_ctypes.call_function(address, (option, argument, 0, 0, 0)) == 0)
    except (ImportError, AttributeError, OSError, TypeError):
        return False
