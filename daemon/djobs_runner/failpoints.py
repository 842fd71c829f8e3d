"""Places where a test can make a runner fail on purpose; see ``djobs_local.failpoints``."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _failpoints() -> "Callable[[str], None]":
    if "DJOBS_TEST" not in os.environ:
        return lambda name: None
    from djobs_local.failpoints import compile_failpoints

    return compile_failpoints(os.environ, "DJOBS_RUNNER_FP")


failpoint = _failpoints()
