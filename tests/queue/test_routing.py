"""A job's model name leads to the models that can be asked, in order, or says what to set."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.credentials import AWS_CHAIN, missing_credentials, variables
from djobs_daemon.queue.routing import (
    DEFAULT_PROVIDERS,
    DEFAULT_TIERS,
    Decision,
    Refused,
    Routed,
    RoutingTable,
    Wait,
    route,
)
from djobs_llm.contract import Provider

NOW = 1_000_000
LOCAL = Provider(kind="openai_compatible", base_url="http://127.0.0.1:11434/v1")
TABLE = RoutingTable(
    providers={**DEFAULT_PROVIDERS, "local": LOCAL},
    aliases={"mine": "local:qwen3:8b", "sonnet": "anthropic:claude-sonnet-5-5"},
)
NO_KEYS = {name: f"{name} has no key." for name in DEFAULT_PROVIDERS}


def decide(
    model: str = "auto",
    *,
    large: bool = False,
    missing: Mapping[str, str] | None = None,
    parked: Mapping[str, int] | None = None,
    table: RoutingTable = TABLE,
) -> Decision:
    return route(
        model,
        large_context=large,
        table=table,
        missing=missing or {},
        parked=parked or {},
        now=NOW,
    )


def targets(decision: Decision) -> list[str]:
    assert isinstance(decision, Routed), decision
    return [each.target for each in decision.routes]


def test_auto_asks_bedrock_first_and_openai_next() -> None:
    assert [each.split(":")[0] for each in targets(decide())][:2] == ["bedrock", "openai"]


def test_an_empty_name_is_auto() -> None:
    assert targets(decide("")) == targets(decide("auto"))


def test_auto_asks_openai_when_bedrock_has_no_credentials() -> None:
    decision = decide(missing={"bedrock": "bedrock has no credentials."})
    assert targets(decision)[0].startswith("openai:")
    assert isinstance(decision, Routed)
    assert decision.passed_over[0].why == "bedrock has no credentials."


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("gpt-4o", "openai:gpt-4o"),
        ("o3-mini", "openai:o3-mini"),
        ("claude-opus-5-5", "anthropic:claude-opus-5-5"),
        ("sonnet", "anthropic:claude-sonnet-5-5"),
        (
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "bedrock:global.anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
        ("local:qwen3:8b", "local:qwen3:8b"),
        ("mine", "local:qwen3:8b"),
        ("bedrock:anything at all", "bedrock:anything at all"),
    ],
)
def test_a_named_model_goes_to_its_provider_and_nowhere_else(name: str, target: str) -> None:
    assert targets(decide(name)) == [target]


@pytest.mark.parametrize("name", ["auto", "gpt-4o", "local:qwen3:8b", "no such model"])
def test_large_context_takes_the_configured_model_whatever_the_name(name: str) -> None:
    assert targets(decide(name, large=True)) == list(DEFAULT_TIERS["large"])


def test_a_user_may_lay_tiers_over_the_defaults() -> None:
    table = RoutingTable(providers=TABLE.providers, tiers={"cheap": ("local:a", "gpt-4o")})
    assert targets(decide("cheap", table=table)) == ["local:a", "openai:gpt-4o"]


def test_a_target_that_stands_twice_is_asked_once() -> None:
    table = RoutingTable(tiers={"auto": ("gpt-4o", "openai:gpt-4o", "o3-mini")})
    assert targets(decide(table=table)) == ["openai:gpt-4o", "openai:o3-mini"]


def test_a_parked_provider_is_passed_over_until_its_time() -> None:
    decision = decide(parked={"bedrock": NOW + 1})
    assert targets(decision)[0].startswith("openai:")
    assert targets(decide(parked={"bedrock": NOW}))[0].startswith("bedrock:")


def test_when_all_are_parked_the_job_waits_for_the_first() -> None:
    decision = decide(
        missing={"anthropic": "no key"}, parked={"bedrock": NOW + 50, "openai": NOW + 20}
    )
    assert isinstance(decision, Wait)
    assert decision.until_ms == NOW + 20


def test_a_refusal_names_every_thing_that_is_missing() -> None:
    decision = decide(missing=missing_credentials(DEFAULT_PROVIDERS, {}, aws_files=False))
    assert isinstance(decision, Refused)
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        assert name in decision.message


def test_an_unknown_model_is_refused_with_what_would_be_known() -> None:
    decision = decide("mixtral")
    assert isinstance(decision, Refused)
    for expected in ("'mixtral'", "auto", "llm.aliases", "local", "provider:model"):
        assert expected in decision.message


def test_a_tier_whose_provider_is_not_set_up_says_so() -> None:
    table = RoutingTable(tiers={"auto": ("nowhere:a",)})
    decision = decide(table=table)
    assert isinstance(decision, Refused)
    assert "nowhere:a" in decision.message
    assert "llm.providers" in decision.message


def test_an_empty_tier_is_refused() -> None:
    decision = decide(table=RoutingTable(tiers={"auto": ()}))
    assert decision == Refused("The tier 'auto' is empty; name models in llm.tiers.auto.")


NAMES = st.sampled_from([*DEFAULT_TIERS, "gpt-4o", "sonnet", "mine", "local:x", "unheard-of", ""])
SOME_MISSING = st.dictionaries(st.sampled_from(sorted(TABLE.providers)), st.just("no key."))
SOME_PARKED = st.dictionaries(
    st.sampled_from(sorted(TABLE.providers)), st.integers(NOW - 5, NOW + 5)
)


@given(NAMES, st.booleans(), SOME_MISSING, SOME_PARKED)
def test_every_model_of_a_name_is_either_asked_or_explained(
    name: str, large: bool, missing: dict[str, str], parked: dict[str, int]
) -> None:
    free = decide(name, large=large)
    found = decide(name, large=large, missing=missing, parked=parked)
    if isinstance(free, Refused):
        assert found == free
        return
    asked = [each.target for each in found.routes] if isinstance(found, Routed) else []
    explained = [each.target for each in found.passed_over]
    assert sorted(asked + explained) == sorted(targets(free))
    assert asked == [each for each in targets(free) if each in asked]


@given(NAMES, st.booleans(), SOME_MISSING, SOME_PARKED)
def test_nobody_is_asked_without_credentials_or_while_parked(
    name: str, large: bool, missing: dict[str, str], parked: dict[str, int]
) -> None:
    found = decide(name, large=large, missing=missing, parked=parked)
    if isinstance(found, Routed):
        assert found.routes
        for each in found.routes:
            assert each.provider not in missing
            assert parked.get(each.provider, 0) <= NOW
    elif isinstance(found, Wait):
        assert found.until_ms > NOW
        later = route(
            name,
            large_context=large,
            table=TABLE,
            missing=missing,
            parked=parked,
            now=found.until_ms,
        )
        assert isinstance(later, Routed)


@given(st.sets(st.sampled_from([name for names in AWS_CHAIN for name in names])))
def test_bedrock_has_credentials_when_a_whole_line_of_the_chain_is_set(names: set[str]) -> None:
    environ = dict.fromkeys(names, "x") | {"AWS_REGION": "eu-central-1"}
    missing = missing_credentials(DEFAULT_PROVIDERS, environ, aws_files=False)
    assert ("bedrock" not in missing) == any(names.issuperset(line) for line in AWS_CHAIN)


def test_bedrock_needs_a_region() -> None:
    environ = {"AWS_BEARER_TOKEN_BEDROCK": "x"}
    assert (
        "AWS_REGION" in missing_credentials(DEFAULT_PROVIDERS, environ, aws_files=False)["bedrock"]
    )
    assert "bedrock" not in missing_credentials(DEFAULT_PROVIDERS, environ, aws_files=True)


def test_a_server_of_ones_own_needs_an_address_and_no_key() -> None:
    assert missing_credentials({"local": LOCAL}, {}, aws_files=False) == {}
    without = {"local": Provider(kind="openai_compatible")}
    assert (
        "llm.providers.local.base_url" in missing_credentials(without, {}, aws_files=False)["local"]
    )


def test_an_empty_variable_is_no_key() -> None:
    missing = missing_credentials(DEFAULT_PROVIDERS, {"OPENAI_API_KEY": ""}, aws_files=False)
    assert "OPENAI_API_KEY" in missing["openai"]


def test_the_program_is_given_the_variables_that_its_providers_read() -> None:
    assert variables({"local": LOCAL}) == []
    assert {"OPENAI_API_KEY", "AWS_PROFILE"} <= set(variables(DEFAULT_PROVIDERS))
