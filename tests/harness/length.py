"""How long the long rounds are: whole, a part of that in CI, or longer on demand.

``DJOBS_LENGTH=20 pytest -m slow tests/chaos`` kills and walks twenty times as often.
"""

import os

VARIABLE = "DJOBS_LENGTH"

LENGTH = float(os.environ.get(VARIABLE, "1"))


def times(whole: int) -> int:
    """Return how often something is done that is done ``whole`` times in a whole round."""
    return max(1, round(whole * LENGTH))


def every(nth: int) -> int:
    """Return which of many points are tried: every ``nth`` in an ordinary round, all in long ones.

    Where the first one lies is up to chance, so that all of them are tried in time.
    """
    return max(1, round(nth / LENGTH))
