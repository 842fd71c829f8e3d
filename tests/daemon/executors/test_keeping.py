"""Output is kept as long as its job, and as long as there is room; never that of what runs."""

from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.executors.keeping import KeptRun, job_and_generation, to_remove

OVER = {"a.1": True, "b.1": True, "gone.1": False}
RUNS = [
    KeptRun("a.1", 100, 2.0),
    KeptRun("b.1", 100, 1.0),
    KeptRun("gone.1", 1, 9.0),
    KeptRun("runs.3", 500, 0.0),
]


def test_what_belongs_to_no_job_goes_and_the_rest_stays_while_there_is_room() -> None:
    assert list(to_remove(RUNS, OVER, 1000)) == ["gone.1"]


def test_the_oldest_goes_first_and_never_what_runs() -> None:
    assert list(to_remove(RUNS, OVER, 600)) == ["gone.1", "b.1"]
    assert list(to_remove(RUNS, OVER, 0)) == ["gone.1", "b.1", "a.1"]


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=4), st.integers(0, 1000), max_size=20),
    st.integers(0, 5000),
)
def test_no_more_is_removed_than_must_be(sizes: dict[str, int], bytes_max: int) -> None:
    runs = [KeptRun(name, size, float(n)) for n, (name, size) in enumerate(sizes.items())]
    removed = list(to_remove(runs, dict.fromkeys(sizes, True), bytes_max))
    left = sum(sizes.values()) - sum(sizes[each] for each in removed)
    assert left <= bytes_max
    assert not removed or left + sizes[removed[-1]] > bytes_max


def test_a_run_is_named_by_its_job_and_generation() -> None:
    assert job_and_generation("j12kt.3") == ("j12kt", 3)
    assert job_and_generation("strange") == ("strange", 0)
