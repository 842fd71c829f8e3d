"""How long the long rounds are: whole, a part of that in CI, or longer on demand.

``DJOBS_LENGTH=20 pytest -m slow tests/chaos`` kills and walks twenty times as often.
"""

import os

VARIABLE = "DJOBS_LENGTH"


def times(whole: int) -> int:
    """Return how often something is done that is done ``whole`` times in a whole round."""
    return max(1, round(whole * float(os.environ.get(VARIABLE, "1"))))
