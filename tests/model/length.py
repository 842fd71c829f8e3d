"""How long the random walks are: short enough for every run of the tests, longer on demand.

``DJOBS_WALKS=50 pytest tests/model`` walks fifty times as often.
"""

import os

from hypothesis import HealthCheck, settings

VARIABLE = "DJOBS_WALKS"


def walk_settings(walks: int, steps: int) -> settings:
    """Return the settings of a machine that takes about ``walks * steps`` steps in CI."""
    return settings(
        max_examples=walks * int(os.environ.get(VARIABLE, "1")),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
