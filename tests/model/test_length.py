"""The random walks of every run of the tests are as long as they are said to be."""

from tests.model import test_sharing, test_store

STEPS_MIN = 10_000


def test_the_walks_take_at_least_ten_thousand_steps() -> None:
    walks = (test_sharing.TestSharing.settings, test_store.TestStore.settings)
    assert sum(each.max_examples * each.stateful_step_count for each in walks) >= STEPS_MIN
