"""What a request costs, by the price list of ``genai_prices`` or by a price that a user set."""

from collections.abc import Mapping
from typing import Final

import genai_prices

from djobs_llm.contract import Price, Provider, ProviderKind, Route
from djobs_llm.meter import Counts, price_of

PRICE_VERSION: Final = f"genai-prices {genai_prices.__version__}"
"""The list comes with the package and is never fetched."""

_LIST: Final[dict[ProviderKind, str]] = {
    "anthropic": "anthropic",
    "bedrock": "aws",
    "openai": "openai",
}
"""Whose prices count; also behind a proxy of one's own."""


class Prices:
    """Answers what a request costs; None where nobody knows, never 0."""

    def __init__(self, own: Mapping[str, Price], providers: Mapping[str, Provider]) -> None:
        self._own = own
        self._providers = providers

    def cost(self, route: Route, counts: Counts) -> float | None:
        """Return US dollars."""
        own = self._own.get(route.target)
        if own is not None:
            return price_of(counts, own)
        usage = genai_prices.Usage(**counts._asdict())
        provider = self._providers[route.provider]
        try:
            if provider.kind == "openai_compatible":
                found = genai_prices.calc_price(
                    usage, route.model, provider_api_url=provider.base_url or ""
                )
            else:
                found = genai_prices.calc_price(
                    usage, route.model, provider_id=_LIST[provider.kind]
                )
        except (LookupError, ValueError):
            return None
        return float(found.total_price)

    def is_known(self, route: Route) -> bool:
        """Say whether a request by this route has a price."""
        return self.cost(route, Counts(input_tokens=1, output_tokens=1)) is not None
