"""Who confines a job, and that nobody weaker ever does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.executors.sandbox.bubblewrap import Bubblewrap
from djobs_daemon.executors.sandbox.choosing import PREFERENCE, choose
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.seatbelt import Seatbelt
from djobs_daemon.executors.sandbox.srt import Srt
from djobs_daemon.executors.sandbox.verdict import Diagnosis, Probed
from djobs_protocol.errors import DjobsError, ErrorCode

BOTH = (Level.WRITE, Level.WRITE_NETWORK)
BWRAP, SRT, SEATBELT = Bubblewrap("bwrap"), Srt("srt"), Seatbelt()

probed = st.lists(
    st.builds(
        Probed,
        st.sampled_from([BWRAP, SRT, SEATBELT]),
        st.sets(st.sampled_from(BOTH)).map(tuple),
        st.none() | st.just(Diagnosis("it is broken", "`mend it`")),
    ),
    unique_by=lambda each: each.provider.name,
)


def test_the_levels_are_ordered() -> None:
    for weaker, stronger in ((Level.NONE, Level.WRITE), BOTH):
        assert stronger.covers(weaker)
        assert not weaker.covers(stronger)
        assert weaker.covers(weaker)


@given(st.sampled_from(BOTH), probed, st.permutations(PREFERENCE))
def test_whoever_is_chosen_was_proven_to_hold_the_level_and_else_it_is_refused(
    required: Level, found: list[Probed], preference: list[str]
) -> None:
    able = [each.provider.name for each in found if required in each.levels]
    if able:
        choice = choose(required, found, preference)
        assert choice.level is required
        assert choice.provider.name == min(able, key=preference.index)
    else:
        with pytest.raises(DjobsError) as refusal:
            choose(required, found, preference)
        assert refusal.value.code is ErrorCode.SANDBOX_UNAVAILABLE
        assert refusal.value.hint


def test_without_a_need_nothing_confines() -> None:
    choice = choose(Level.NONE, [Probed(BWRAP, BOTH)])
    assert (choice.provider.name, choice.recorded) == ("none", "none")


def test_the_record_names_level_and_provider() -> None:
    assert choose(Level.WRITE, [Probed(BWRAP, BOTH)]).recorded == "write by bubblewrap"


def test_a_provider_that_is_not_preferred_is_not_chosen() -> None:
    with pytest.raises(DjobsError):
        choose(Level.WRITE, [Probed(BWRAP, BOTH)], preference=["srt"])


def test_one_that_always_closes_the_network_is_not_taken_for_work_that_needs_it() -> None:
    with pytest.raises(DjobsError, match="srt: it is not made for this level"):
        choose(Level.WRITE, [Probed(SRT, (Level.WRITE_NETWORK,))])


def test_a_refusal_names_each_reason_and_a_command_that_helps() -> None:
    missing = Probed(BWRAP, (), Diagnosis("it is not installed", "`sudo apt install bubblewrap`"))
    with pytest.raises(DjobsError) as refused:
        choose(Level.WRITE_NETWORK, [missing, Probed(SRT, (), Diagnosis("it is broken", ""))])
    assert "bubblewrap: it is not installed; srt: it is broken" in refused.value.message
    assert refused.value.hint == "`sudo apt install bubblewrap`"
