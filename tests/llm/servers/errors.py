"""What each provider sends when it does not answer, as its reference documents it."""

from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.bedrock_converse import BedrockConverse
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.openai_responses import OpenAIResponses
from tests.llm.servers.provider import ScriptedProvider
from tests.llm.servers.script import Fails


def anthropic(status: int, kind: str, message: str = "No.", **headers: str) -> Fails:
    """Return an error of the Messages API; underscores in header names stand for hyphens."""
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return Fails(status, body, _named(headers))


def openai(status: int, code: str, message: str = "No.", **headers: str) -> Fails:
    """Return an error of OpenAI's APIs."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    return Fails(status, body, _named(headers))


def bedrock(status: int, kind: str, message: str = "No.", **headers: str) -> Fails:
    """Return an error of Bedrock."""
    return Fails(status, {"message": message}, {"x-amzn-errortype": kind, **_named(headers)})


def rate_limit(server: type[ScriptedProvider], **headers: str) -> Fails:
    """Return how a provider says that a rate limit is reached."""
    if server is AnthropicMessages:
        return anthropic(429, "rate_limit_error", **headers)
    if server is BedrockConverse:
        return bedrock(429, "ThrottlingException", "Too many requests", **headers)
    assert server in (OpenAIChat, OpenAIResponses)
    return openai(429, "rate_limit_exceeded", **headers)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
