"""How long the long rounds are: whole, a part of that in CI, or longer on demand.

``DJOBS_LENGTH=20 pytest -m slow tests/chaos`` kills and walks twenty times as often.
"""

import os
from collections.abc import Iterable
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

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


def all_but_slow(ordinary: int, values: Iterable[Any]) -> list[ParameterSet]:
    """Return parameters of which ordinary runs try the first few; the others are of long rounds.

    For kinds of one thing, each of which takes seconds, where the first ones differ most.
    """
    found = [
        ParameterSet.extract_from(each, force_tuple=not isinstance(each, tuple)) for each in values
    ]
    return [*found[:ordinary], *(_slow(each) for each in found[ordinary:])]


def _slow(parameters: ParameterSet) -> ParameterSet:
    marks = (*parameters.marks, pytest.mark.slow)
    return pytest.param(*parameters.values, marks=marks, id=parameters.id)
