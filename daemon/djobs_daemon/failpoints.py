"""Places where a test can make the daemon fail on purpose; see ``djobs_local.failpoints``."""

import os

from djobs_local.failpoints import compile_failpoints

failpoint = compile_failpoints(os.environ)
