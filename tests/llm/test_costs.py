"""What a job costs is known, or known to be unknown; and no job goes on beyond its limits."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djobs_llm.contract import Code, Limits, Price, Route
from djobs_llm.failure import JobFailed
from djobs_llm.meter import Counts, Meter, price_of
from tests.llm.child import Place, do, request_to
from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.script import INPUT_TOKENS, OUTPUT_TOKENS, Answer, files

NO_FORM = Answer(arguments={"files": "a.md"})
EACH = INPUT_TOKENS + OUTPUT_TOKENS
ROUTE = Route(provider="a", model="m")
COUNTS = st.builds(
    Counts,
    input_tokens=st.integers(0, 10**6),
    output_tokens=st.integers(0, 10**6),
    cache_read_tokens=st.integers(0, 10**6),
    cache_write_tokens=st.integers(0, 10**6),
)


@pytest.mark.slow
def test_the_cost_is_that_of_the_price_list(place: Place) -> None:
    with AnthropicMessages(files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider))
    # claude-sonnet-5-5: 2 USD a million in, 10 out, 0.1 from the cache
    assert answer.usage.cost_usd == pytest.approx((600 * 2 + 400 * 0.1 + 200 * 10) / 1e6)
    assert (answer.price_version or "").startswith("genai-prices ")


def test_every_request_is_in_the_sum(place: Place) -> None:
    with AnthropicMessages(NO_FORM, files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider))
    each = (600 * 2 + 400 * 0.1 + 200 * 10) / 1e6
    assert answer.usage.cost_usd == pytest.approx(2 * each)
    assert answer.usage.input_tokens == 2 * INPUT_TOKENS


def test_an_unknown_price_is_none_and_not_nought(place: Place) -> None:
    with OpenAIChat(files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider))
    assert answer.usage.output_tokens == OUTPUT_TOKENS
    assert answer.usage.cost_usd is None
    assert place.lines()[-1].cost_usd is None


def test_a_price_of_ones_own_counts(place: Place) -> None:
    prices = {"own:qwen3:8b": Price(input=1, output=2, cache_read=0)}
    with OpenAIChat(files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider, prices=prices))
    assert answer.usage.cost_usd == pytest.approx((600 * 1 + 200 * 2) / 1e6)


def test_a_budget_is_not_spent_on_a_model_whose_price_nobody_knows(place: Place) -> None:
    limits = Limits(cost_usd=1)
    with OpenAIChat(files(a_md="a")) as first, AnthropicMessages(files(a_md="a")) as second:
        alone = do(place, request_to(place, first, limits=limits))
        answer = do(place, request_to(place, first, second, limits=limits))
        assert first.asked == []
    assert (alone.outcome, alone.code) == ("failed", Code.PRICE_UNKNOWN)
    assert answer.outcome == "done"
    assert [each.code for each in answer.routes_left] == [Code.PRICE_UNKNOWN]


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (Limits(requests=1), "requests"),
        (Limits(tokens=EACH), "tokens"),
        (Limits(cost_usd=0.003), "cost_usd"),
    ],
)
def test_no_request_is_sent_beyond_a_limit(limits: Limits, name: str, place: Place) -> None:
    with AnthropicMessages(NO_FORM, files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider, limits=limits))
        assert len(provider.asked) == 1
    assert (answer.outcome, answer.code) == ("failed", Code.LIMIT_REACHED), answer
    assert name in answer.message


def test_a_result_that_was_paid_for_is_kept_though_it_went_over_the_limit(place: Place) -> None:
    with AnthropicMessages(files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider, limits=Limits(tokens=1)))
    assert answer.outcome == "done"


def test_limits_hold_over_all_routes_together(place: Place) -> None:
    cut = Answer(text="Half of it.", cut_after=3)
    with AnthropicMessages(cut) as first, OpenAIChat(Answer(text="x")) as second:
        request = request_to(place, first, second, type="review", limits=Limits(requests=1))
        answer = do(place, request)
        assert second.asked == []
    assert answer.code is Code.LIMIT_REACHED


def test_a_line_is_written_before_and_after_every_request(place: Place) -> None:
    with AnthropicMessages(NO_FORM, files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider))
    lines = place.lines()
    assert [line.measured for line in lines] == [False, True, False, True]
    assert [line.totals.requests for line in lines] == [1, 1, 2, 2]
    assert [line.totals.unmeasured_requests for line in lines] == [1, 0, 1, 0]
    assert lines[-1].totals == answer.usage


@given(COUNTS)
def test_a_price_is_linear_and_never_below_nought(counts: Counts) -> None:
    price = Price(input=3, output=15)
    twice = Counts(*(2 * each for each in counts))
    assert price_of(counts, price) >= 0
    assert price_of(twice, price) == pytest.approx(2 * price_of(counts, price))


@settings(deadline=None, max_examples=25)  # each line is written through to the disk
@given(st.lists(st.tuples(COUNTS, st.one_of(st.none(), st.floats(0, 10))), min_size=1, max_size=6))
def test_one_unknown_cost_makes_the_sum_unknown(
    tmp_path_factory: pytest.TempPathFactory, requests: list[tuple[Counts, float | None]]
) -> None:
    meter = Meter(Limits(), tmp_path_factory.mktemp("m") / "usage.jsonl", lambda: 0)
    for counts, cost in requests:
        meter.sending(ROUTE)
        meter.received(ROUTE, "m", counts, cost)
    costs = [cost for _, cost in requests]
    expected = None if None in costs else sum(cost for cost in costs if cost is not None)
    assert meter.totals.cost_usd == (None if expected is None else pytest.approx(expected))
    assert meter.totals.requests == len(requests)
    assert meter.totals.unmeasured_requests == 0


def test_nothing_used_is_no_limit_reached(tmp_path: Path) -> None:
    meter = Meter(Limits(cost_usd=0.01, tokens=1, requests=1), tmp_path / "u", lambda: 0)
    meter.check()
    meter.sending(ROUTE)
    with pytest.raises(JobFailed, match="requests"):
        meter.check()
