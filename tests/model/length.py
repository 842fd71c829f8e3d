"""How long the random walks are: short enough for every run of the tests, longer on demand.

``DJOBS_LENGTH=50 pytest tests/model`` walks fifty times as often.
"""

from hypothesis import HealthCheck, settings

from tests.harness.length import times


def walk_settings(walks: int, steps: int) -> settings:
    """Return the settings of a machine that takes about ``walks * steps`` steps in CI."""
    return settings(
        max_examples=times(walks),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
