"""Each provider is asked in its own wire format, by its own SDK, and answers with files or text."""

import pytest
from msgspec.structs import replace

from djobs_llm.contract import EXIT_DONE, Code
from tests.llm.child import KEY, MODELS, Place, do, provider_of, request_to, run
from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.bedrock_converse import BedrockConverse
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.openai_responses import OpenAIResponses
from tests.llm.servers.provider import ScriptedProvider
from tests.llm.servers.script import (
    CACHED_TOKENS,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    Answer,
    files,
)
from tests.llm.servers.tls import make_certificate

SERVERS = [AnthropicMessages, OpenAIResponses, OpenAIChat, BedrockConverse]
every_provider = pytest.mark.parametrize("server", SERVERS)


@every_provider
def test_a_program_of_its_own_writes_a_file_and_says_what_it_used(
    server: type[ScriptedProvider], place: Place
) -> None:
    with server(files(hello_md="Hello.\n")) as provider:
        name, _ = provider_of(provider)
        ended = run(place, request_to(place, provider, output_path="hello.md"))
        assert provider.streams(provider.asked[0])

    assert (ended.status, ended.answer.outcome) == (EXIT_DONE, "done"), ended
    assert (place.workspace / "hello.md").read_text() == "Hello.\n"
    assert [(each.path, each.bytes, each.change) for each in ended.answer.files] == [
        ("hello.md", 7, "new")
    ]
    assert (ended.answer.provider, ended.answer.model) == (name, MODELS[name])
    assert ended.answer.text == "Done."
    usage = ended.answer.usage
    assert (usage.input_tokens, usage.output_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)
    assert (usage.cache_read_tokens, usage.requests) == (CACHED_TOKENS, 1)
    assert usage.unmeasured_requests == 0
    assert (usage.cost_usd is None) == (name == "own")
    assert place.lines()[-1].totals == usage


@every_provider
def test_a_server_that_cannot_stream_is_asked_for_whole_answers(
    server: type[ScriptedProvider], place: Place
) -> None:
    with server(files(hello_md="Hello.\n")) as provider:
        name, settings = provider_of(provider)
        providers = {name: replace(settings, stream=False)}
        request = request_to(place, provider, providers=providers, max_tokens=1000)
        answer = do(place, request)
        assert not provider.streams(provider.asked[0])

    assert answer.outcome == "done", answer
    assert (place.workspace / "hello.md").read_text() == "Hello.\n"
    assert answer.usage.output_tokens == OUTPUT_TOKENS


@every_provider
def test_a_review_is_text(server: type[ScriptedProvider], place: Place) -> None:
    (place.workspace / "a.py").write_text("x = 1\n")
    with server(Answer(text="Line 1 says nothing.")) as provider:
        request = request_to(place, provider, type="review", context_files=("a.py",))
        answer = do(place, request)
        assert "x = 1" in str(provider.bodies[0])

    assert (answer.outcome, answer.text) == ("done", "Line 1 says nothing."), answer
    assert answer.files == ()


@pytest.mark.parametrize(
    ("server", "header"),
    [
        (AnthropicMessages, f"Bearer {KEY}"),
        (OpenAIResponses, f"Bearer {KEY}"),
        (OpenAIChat, "Bearer none"),
        (BedrockConverse, "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/"),
    ],
)
def test_the_key_is_sent_where_the_provider_looks_for_it(
    server: type[ScriptedProvider], header: str, place: Place
) -> None:
    with server(files(a_md="a")) as provider:
        do(place, request_to(place, provider))
        assert provider.asked[0].headers["authorization"].startswith(header)


def test_a_token_of_bedrock_takes_the_place_of_access_keys(place: Place) -> None:
    provider = BedrockConverse(files(a_md="a"))
    provider.speak_tls(make_certificate(place.folder / "ca.pem"))
    with provider:
        name, settings = provider_of(provider)
        keyed = {name: replace(settings, key_env="TEST_KEY")}
        request = request_to(place, provider, providers=keyed)
        ended = run(place, request, AWS_CA_BUNDLE=str(place.folder / "ca.pem"))

    assert ended.answer.outcome == "done", ended
    assert provider.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_token_of_bedrock_is_not_sent_over_a_line_that_anybody_can_read(place: Place) -> None:
    with BedrockConverse(files(a_md="a")) as provider:
        name, settings = provider_of(provider)
        keyed = {name: replace(settings, key_env="TEST_KEY")}
        ended = run(place, request_to(place, provider, providers=keyed))

    assert ended.answer.code is Code.NO_CREDENTIALS
    assert "Bearer authorization requires an HTTPS endpoint" in ended.answer.message
    assert provider.asked == []
    assert ended.answer.usage.unmeasured_requests == 0


@every_provider
def test_a_bound_on_the_answer_is_sent(server: type[ScriptedProvider], place: Place) -> None:
    with server(files(a_md="a")) as provider:
        do(place, request_to(place, provider, max_tokens=1234))
        assert "1234" in str(provider.bodies[0])
