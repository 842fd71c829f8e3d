"""Which model does a job, at which provider: a table, and the one function that reads it. Pure.

A name is, in this order: a tier (``auto``, ``fast``, ``deep`` or a user's own), an alias, a target
``provider:model``, or a model of a known family. ``large_context`` takes the tier ``large``
whatever the name is. A provider without credentials, or parked until its limit is reset, is passed
over; what is left is tried in its order.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

import msgspec

from djobs_llm.contract import Provider, Route

AUTO: Final = "auto"
LARGE: Final = "large"
"""The tier of ``large_context``: models with a window of a million tokens."""

PROVIDERS_SETTING: Final = "llm.providers"
TIERS_SETTING: Final = "llm.tiers"
ALIASES_SETTING: Final = "llm.aliases"
"""What a refusal tells people to set."""

DEFAULT_PROVIDERS: Final[dict[str, Provider]] = {
    "bedrock": Provider(kind="bedrock"),
    "openai": Provider(kind="openai", key_env="OPENAI_API_KEY"),
    "anthropic": Provider(kind="anthropic", key_env="ANTHROPIC_API_KEY"),
}

DEFAULT_TIERS: Final[dict[str, tuple[str, ...]]] = {
    AUTO: (
        "bedrock:global.anthropic.claude-sonnet-5-5",
        "openai:gpt-6.1-sol",
        "anthropic:claude-sonnet-5-5",
    ),
    "fast": (
        "bedrock:global.anthropic.claude-haiku-5-5",
        "openai:gpt-6-luna",
        "anthropic:claude-haiku-5-5",
    ),
    "deep": (
        "bedrock:global.anthropic.claude-opus-5-5",
        "openai:gpt-6-astra",
        "anthropic:claude-opus-5-5",
    ),
    LARGE: (
        "bedrock:global.anthropic.claude-sonnet-5-5",
        "openai:gpt-6.1-sol",
        "anthropic:claude-sonnet-5-5",
    ),
}
"""Bedrock first: one contract and a private endpoint for sustained work. ``openai`` when that has
no credentials or fails, ``anthropic`` for who has only that."""

DEFAULT_ALIASES: Final[dict[str, str]] = {
    "sonnet": "anthropic:claude-sonnet-5-5",
    "opus": "anthropic:claude-opus-5-5",
    "haiku": "anthropic:claude-haiku-5-5",
}

FAMILIES: Final[tuple[tuple[str, str], ...]] = (
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("codex-", "openai"),
    ("ft:", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("claude-", "anthropic"),
    ("anthropic.", "bedrock"),
    ("amazon.", "bedrock"),
    ("global.", "bedrock"),
    ("us.", "bedrock"),
    ("us-gov.", "bedrock"),
    ("eu.", "bedrock"),
    ("apac.", "bedrock"),
    ("jp.", "bedrock"),
    ("au.", "bedrock"),
    ("arn:aws", "bedrock"),
)
"""How the names of a provider's models begin, so that ``gpt-4o`` and ``o3-mini`` need no alias."""


class RoutingTable(msgspec.Struct, frozen=True, kw_only=True):
    """The routing of one installation; what a user sets is laid over the defaults."""

    providers: Mapping[str, Provider] = msgspec.field(default_factory=DEFAULT_PROVIDERS.copy)
    tiers: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=DEFAULT_TIERS.copy)
    aliases: Mapping[str, str] = msgspec.field(default_factory=DEFAULT_ALIASES.copy)


class PassedOver(NamedTuple):
    """A model that would have been asked."""

    target: str
    why: str
    until_ms: int | None = None
    """When its provider is no longer parked; None if waiting does not help."""


class Routed(NamedTuple):
    """Where to ask, best first; never empty."""

    routes: tuple[Route, ...]
    passed_over: tuple[PassedOver, ...]


class Wait(NamedTuple):
    """Every provider that could do it is parked; ask again then. It costs no attempt."""

    until_ms: int
    passed_over: tuple[PassedOver, ...]


class Refused(NamedTuple):
    """Nobody can do it before something is set; the message says what."""

    message: str
    passed_over: tuple[PassedOver, ...] = ()


Decision: TypeAlias = Routed | Wait | Refused


def route(
    model: str,
    *,
    large_context: bool,
    table: RoutingTable,
    missing: Mapping[str, str],
    parked: Mapping[str, int],
    now: int,
) -> Decision:
    """Return where a job's model is asked.

    ``missing`` has a sentence for each provider whose credentials are not there
    (``credentials.missing_credentials``), ``parked`` the time in ms at which a provider may be
    asked again. ``now`` is in ms.
    """
    name = LARGE if large_context else (model or AUTO)
    targets = _targets(name, table)
    if targets is None:
        return Refused(_unknown(name, table))
    routes: list[Route] = []
    passed_over: list[PassedOver] = []
    for place, target in enumerate(targets):
        reason = _reason(name, place, large_context=large_context, table=table)
        found = _look(target, reason, table, missing, parked, now)
        if isinstance(found, Route):
            routes.append(found)
        else:
            passed_over.append(found)
    if routes:
        return Routed(tuple(routes), tuple(passed_over))
    return _nowhere(name, tuple(passed_over))


def _targets(name: str, table: RoutingTable) -> list[str] | None:
    """Return what a name stands for, each target once; None if nobody knows it."""
    if name in table.tiers:
        entries = [_target(entry, table) or entry for entry in table.tiers[name]]
        return list(dict.fromkeys(entries))
    target = _target(name, table)
    return None if target is None else [target]


def _target(name: str, table: RoutingTable) -> str | None:
    """Return the target of an alias, of itself, or of a model of a known family."""
    name = table.aliases.get(name, name)
    provider, colon, model = name.partition(":")
    if colon and model and provider in table.providers:
        return name
    for beginning, owner in FAMILIES:
        if name.startswith(beginning):
            return f"{owner}:{name}"
    return None


def _look(
    target: str,
    reason: str,
    table: RoutingTable,
    missing: Mapping[str, str],
    parked: Mapping[str, int],
    now: int,
) -> Route | PassedOver:
    provider, _, model = target.partition(":")
    if provider not in table.providers or not model:
        return PassedOver(
            target, f"{target!r} names no provider that is set up in {PROVIDERS_SETTING}."
        )
    if provider in missing:
        return PassedOver(target, missing[provider])
    until = parked.get(provider, 0)
    if until > now:
        return PassedOver(target, f"{provider} is at its limit for now.", until)
    return Route(provider=provider, model=model, reason=reason)


def _reason(name: str, place: int, *, large_context: bool, table: RoutingTable) -> str:
    if name not in table.tiers:
        return f"asked for as {name}"
    asked = "large_context" if large_context else f"tier {name}"
    return f"{asked}, first choice" if place == 0 else f"{asked}, fallback {place}"


def _nowhere(name: str, passed_over: tuple[PassedOver, ...]) -> Wait | Refused:
    times = [each.until_ms for each in passed_over if each.until_ms is not None]
    if times:
        return Wait(min(times), passed_over)
    if not passed_over:
        return Refused(f"The tier {name!r} is empty; name models in {TIERS_SETTING}.{name}.")
    return Refused(f"No model can be asked for {name!r}. {_listed(passed_over)}", passed_over)


def _listed(passed_over: tuple[PassedOver, ...]) -> str:
    return " ".join(dict.fromkeys(each.why for each in passed_over))


def _unknown(name: str, table: RoutingTable) -> str:
    return (
        f"The model {name!r} is unknown. Expected {_names(table.tiers)}, an alias from "
        f"{ALIASES_SETTING}, or provider:model with a provider from {PROVIDERS_SETTING} "
        f"({_names(table.providers)})."
    )


def _names(of: Mapping[str, object]) -> str:
    return ", ".join(sorted(of))
