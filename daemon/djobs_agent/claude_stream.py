"""The events of ``claude -p --output-format stream-json --verbose``, as of version 2.1."""

from collections.abc import Iterator
from typing import Any, Final

from djobs_agent.contract import Code, Spent
from djobs_agent.heard import AT_LIMIT_STATUSES, Ended, Heard, members, number, part, word
from djobs_agent.lines import call_line, one_line, text_of

_SYNTHETIC: Final = "<synthetic>"
"""The model of what the CLI itself puts into the mouth of the assistant."""
_LIMITS: Final = {
    "error_max_turns": Code.TURN_LIMIT,
    "error_max_budget_usd": Code.COST_LIMIT,
}
_AT_LIMIT: Final = frozenset({"rate_limit", "overloaded"})
_PROVIDERS: Final = {"firstParty": "anthropic"}
PROVIDER: Final = "anthropic"


class ClaudeReader:
    """Reads one conversation."""

    def __init__(self) -> None:
        self.heard = Heard()
        self._answers: dict[str, Spent] = {}
        """What each answer of a model used, by its id: an answer comes in several events."""
        self._own: set[str] = set()
        """Answers of the agent itself, not of those that it sends out: its turns."""
        self._error = ""
        self._until_ms: int | None = None

    def read(self, event: dict[str, Any]) -> Iterator[str]:
        """Take an event and yield lines for people."""
        match word(event, "type"):
            case "system":
                yield from self._system(event)
            case "assistant":
                yield from self._assistant(event)
            case "user":
                yield from _results(event)
            case "rate_limit_event":
                self._rate_limit(part(event, "rate_limit_info"))
            case "result":
                yield self._result(event)
            case _:
                return

    def _system(self, event: dict[str, Any]) -> Iterator[str]:
        match word(event, "subtype"):
            case "init":
                self.heard.session = word(event, "session_id")
                self.heard.model = word(event, "model")
                servers = members(event, "mcp_servers")
                state = ", ".join(f"{word(s, 'name')} {word(s, 'status')}" for s in servers)
                yield one_line(f"{self.heard.model} begins ({state or 'no MCP server'})")
            case "api_retry":
                yield one_line(
                    f"asks again in {number(event.get('retry_delay_ms'))} ms: "
                    f"{word(event, 'error')} ({event.get('error_status')})"
                )
            case _:
                return

    def _assistant(self, event: dict[str, Any]) -> Iterator[str]:
        message = part(event, "message")
        self._error = word(event, "error") or self._error
        name, model = word(message, "id"), word(message, "model")
        by_itself = not word(event, "parent_tool_use_id")
        if model != _SYNTHETIC:
            self._count(name, model, part(message, "usage"), by_itself=by_itself)
        mark = f"{self.heard.turns}" if by_itself else f"{self.heard.turns} (subagent)"
        for block in members(message, "content"):
            match word(block, "type"):
                case "text":
                    yield f"turn {mark}: {one_line(word(block, 'text'))}"
                case "tool_use":
                    yield f"turn {mark}: {call_line(word(block, 'name'), block.get('input'))}"
                case _:
                    continue

    def _count(self, name: str, model: str, usage: dict[str, Any], *, by_itself: bool) -> None:
        if by_itself and name not in self._own:
            self._own.add(name)
            self.heard.turns += 1
        self._answers[name] = _used(model, usage)
        self.heard.spent = _summed(self._answers)

    def _rate_limit(self, info: dict[str, Any]) -> None:
        if word(info, "status") == "rejected" and (at := number(info.get("resetsAt"))):
            self._until_ms = at * 1000

    def _result(self, event: dict[str, Any]) -> str:
        heard = self.heard
        heard.text = word(event, "result") or heard.text
        models = event.get("modelUsage")
        if isinstance(models, dict) and models:
            heard.spent = {model: _of_model(model, part(models, model)) for model in models}
        heard.ended = self._ended(event)
        said = "done" if heard.ended.code is None else heard.ended.message
        cost = heard.cost_usd
        price = "price unknown" if cost is None else f"${cost:.4f}"
        return one_line(
            f"ended after {heard.turns} turns, {heard.tokens:,} tokens, {price}: {said}"
        )

    def _ended(self, event: dict[str, Any]) -> Ended:
        subtype, status = word(event, "subtype"), event.get("api_error_status")
        if subtype == "success" and not event.get("is_error"):
            return Ended(None)
        errors = event.get("errors")
        said = errors if isinstance(errors, list) else []
        message = one_line(" ".join(map(str, said)) or word(event, "result") or subtype)
        if subtype in _LIMITS:
            return Ended(_LIMITS[subtype], message)
        if status in AT_LIMIT_STATUSES or self._error in _AT_LIMIT:
            return Ended(Code.AT_LIMIT, message, self._until_ms)
        return Ended(Code.AGENT_FAILED, message)


def _used(model: str, usage: dict[str, Any]) -> Spent:
    cached = number(usage.get("cache_read_input_tokens"))
    written = number(usage.get("cache_creation_input_tokens"))
    return Spent(
        provider=PROVIDER,
        model=model,
        tokens_in=number(usage.get("input_tokens")) + cached + written,
        tokens_out=number(usage.get("output_tokens")),
        tokens_cached=cached,
    )


def _summed(answers: dict[str, Spent]) -> dict[str, Spent]:
    sums: dict[str, Spent] = {}
    for each in answers.values():
        so_far = sums.get(each.model, Spent(provider=each.provider, model=each.model))
        sums[each.model] = Spent(
            provider=each.provider,
            model=each.model,
            tokens_in=so_far.tokens_in + each.tokens_in,
            tokens_out=so_far.tokens_out + each.tokens_out,
            tokens_cached=so_far.tokens_cached + each.tokens_cached,
        )
    return sums


def _of_model(model: str, total: dict[str, Any]) -> Spent:
    """Return what the CLI says at its end, which counts its own side requests, too."""
    cached = number(total.get("cacheReadInputTokens"))
    written = number(total.get("cacheCreationInputTokens"))
    provider = word(total, "provider")
    return Spent(
        provider=_PROVIDERS.get(provider, provider) or PROVIDER,
        model=model,
        tokens_in=number(total.get("inputTokens")) + cached + written,
        tokens_out=number(total.get("outputTokens")),
        tokens_cached=cached,
        cost_usd=_price(total),
    )


def _price(total: dict[str, Any]) -> float | None:
    """Return a cost; 0 for tokens that were used is a price that is not known."""
    cost = total.get("costUSD")
    if not isinstance(cost, int | float) or isinstance(cost, bool) or cost < 0:
        return None
    used = number(total.get("inputTokens")) + number(total.get("outputTokens"))
    return None if used and not cost else float(cost)


def _results(event: dict[str, Any]) -> Iterator[str]:
    for block in members(part(event, "message"), "content"):
        if block.get("type") == "tool_result" and block.get("is_error"):
            yield f"    refused: {one_line(text_of(block.get('content')))}"
