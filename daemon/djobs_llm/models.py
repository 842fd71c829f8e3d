"""A model of one provider, as its own SDK speaks to it. Each SDK is loaded when it is needed.

The SDKs' own retries are off: what follows from a failure stands in ``failure.VERDICTS``.
"""

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Final

from pydantic_ai.models import Model

from djobs_llm.contract import Code, Limits, Provider, Route
from djobs_llm.failure import JobFailed

CONNECT_SECONDS: Final = 10.0
NO_KEY: Final = "none"
"""What is sent to a server of one's own that asks for no key; the SDK insists on one."""


@asynccontextmanager
async def open_model(
    route: Route, provider: Provider, environ: MutableMapping[str, str], limits: Limits
) -> AsyncIterator[Model]:
    """Yield a model that can be asked; ``NO_CREDENTIALS`` names the variable to set."""
    if provider.kind == "bedrock":
        bedrock = _bedrock_client(route, provider, environ, limits)
        try:
            yield _bedrock(route, bedrock)
        finally:
            bedrock.close()
        return
    build = _anthropic if provider.kind == "anthropic" else _openai
    model, client = build(route, provider, _key(route, provider, environ), limits)
    async with client:
        yield model


def _key(route: Route, provider: Provider, environ: MutableMapping[str, str]) -> str:
    if provider.key_env is None and provider.kind == "openai_compatible":
        return NO_KEY
    key = environ.get(provider.key_env or "", "")
    if not key:
        variable = provider.key_env or "that key_env names"
        raise JobFailed(
            Code.NO_CREDENTIALS, f"{route.provider} has no key: set the variable {variable}."
        )
    return key


def _openai(route: Route, provider: Provider, key: str, limits: Limits) -> tuple[Model, Any]:
    import httpx2
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider

    if provider.kind == "openai_compatible" and provider.base_url is None:
        raise JobFailed(Code.REQUEST_INVALID, f"{route.provider} has no base_url.")
    client = AsyncOpenAI(
        api_key=key,
        base_url=provider.base_url,
        max_retries=0,
        timeout=httpx2.Timeout(limits.idle_seconds, connect=CONNECT_SECONDS),
    )
    speaker = OpenAIProvider(openai_client=client)
    if provider.kind == "openai":
        return OpenAIResponsesModel(route.model, provider=speaker), client
    # Else half an answer whose line a proxy closed in good order would pass for a whole one.
    profile = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    return OpenAIChatModel(route.model, provider=speaker, profile=profile), client


def _anthropic(route: Route, provider: Provider, key: str, limits: Limits) -> tuple[Model, Any]:
    import httpx2
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(
        api_key=key,
        base_url=provider.base_url,
        max_retries=0,
        timeout=httpx2.Timeout(limits.idle_seconds, connect=CONNECT_SECONDS),
    )
    return AnthropicModel(route.model, provider=AnthropicProvider(anthropic_client=client)), client


def _bedrock(route: Route, client: Any) -> Model:
    from pydantic_ai.models.bedrock import BedrockConverseModel
    from pydantic_ai.providers.bedrock import BedrockProvider

    return BedrockConverseModel(route.model, provider=BedrockProvider(bedrock_client=client))


def _bedrock_client(
    route: Route, provider: Provider, environ: MutableMapping[str, str], limits: Limits
) -> Any:
    import boto3  # type: ignore[import-untyped]
    from botocore.config import Config  # type: ignore[import-untyped]
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

    if provider.key_env is not None:  # boto3 reads a bearer token under this name only
        environ["AWS_BEARER_TOKEN_BEDROCK"] = _key(route, provider, environ)
    # Off a machine of Amazon's, asking for its instance's role waits for an address nobody has.
    environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    try:
        session = boto3.Session(region_name=provider.region, profile_name=provider.profile)
        client = session.client(
            "bedrock-runtime",
            endpoint_url=provider.base_url,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=limits.idle_seconds,
                retries={"total_max_attempts": 1},
            ),
        )
        signed = bool(environ.get("AWS_BEARER_TOKEN_BEDROCK")) or session.get_credentials()
    except BotoCoreError as error:
        raise JobFailed(Code.NO_CREDENTIALS, f"{route.provider} is not set up: {error}.") from error
    if not signed:
        raise JobFailed(
            Code.NO_CREDENTIALS,
            f"{route.provider} has no credentials: set AWS_BEARER_TOKEN_BEDROCK, or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
        )
    return client
