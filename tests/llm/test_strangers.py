"""Keys appear in nothing that is written, and nobody outside of this machine is spoken to."""

import asyncio
import os
import re
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest
from msgspec.structs import replace

from djobs_llm import job, program
from djobs_llm.contract import (
    EXIT_FAILED,
    Code,
    Provider,
    Request,
    Route,
    decode_answer,
    encode_request,
)
from djobs_llm.redacting import Secrets
from tests.harness import needs
from tests.harness.length import all_but_slow
from tests.llm.child import AWS_KEY, KEY, SECONDS_MAX, Place, do, request_to, run, start
from tests.llm.servers import errors
from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.bedrock_converse import BedrockConverse
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.openai_responses import OpenAIResponses
from tests.llm.servers.provider import ScriptedProvider
from tests.llm.servers.script import Answer, files

SERVERS = [AnthropicMessages, OpenAIResponses, BedrockConverse]
PROVIDERS = {
    "anthropic": Provider(kind="anthropic", key_env="TEST_KEY"),
    "openai": Provider(kind="openai", key_env="TEST_KEY"),
    "bedrock": Provider(kind="bedrock", region="eu-west-1"),
}


@pytest.mark.parametrize("server", all_but_slow(1, SERVERS))
def test_a_provider_that_repeats_the_key_does_not_bring_it_into_answer_or_log(
    server: type[ScriptedProvider], place: Place
) -> None:
    repeated = f"Incorrect key {KEY} or {AWS_KEY}."
    error = {
        AnthropicMessages: errors.anthropic(401, "authentication_error", repeated),
        OpenAIResponses: errors.openai(401, "invalid_api_key", repeated),
        BedrockConverse: errors.bedrock(403, "AccessDeniedException", repeated),
    }[server]
    with server(error) as provider:
        ended = run(place, request_to(place, provider))

    assert ended.answer.code is Code.CREDENTIALS_REJECTED
    assert "[redacted]" in ended.answer.message
    written = [path.read_bytes() for path in place.folder.rglob("*") if path.is_file()]
    for key in (KEY, AWS_KEY):
        assert key not in ended.log
        assert not any(key.encode() in content for content in written)


def test_a_text_that_repeats_a_key_is_cleaned(place: Place) -> None:
    with AnthropicMessages(Answer(text=f"The key is {KEY}.")) as provider:
        ended = run(place, request_to(place, provider, type="review"))
    assert ended.answer.text == "The key is [redacted]."


def test_a_fault_of_djobs_is_told_without_keys(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Request) -> NoReturn:
        raise RuntimeError(f"the key {KEY}")

    monkeypatch.setattr(job, "prepare", broken)
    with AnthropicMessages(files(a_md="a")) as provider:
        place.request.write_bytes(encode_request(request_to(place, provider)))
    with closing(asyncio.new_event_loop()) as loop:  # which the program leaves to its process
        monkeypatch.setattr(asyncio, "new_event_loop", lambda: loop)
        status = program.run([str(place.request), str(place.answer)], os.environ)
    answer = decode_answer(place.answer.read_bytes())
    assert (status, answer.code) == (EXIT_FAILED, Code.INTERNAL)
    assert "RuntimeError: the key [redacted]" in answer.message
    log = capsys.readouterr().err
    assert "Traceback" in log
    assert KEY not in log


def test_a_disk_that_takes_no_account_of_the_cost_keeps_the_job_from_asking(place: Place) -> None:
    place.usage.mkdir()
    with AnthropicMessages(files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider))
        assert provider.asked == []
    assert (answer.outcome, answer.code) == ("failed", Code.OUTPUT_REFUSED)
    assert str(place.usage) in answer.message


def test_of_two_keys_the_longer_is_replaced_whole() -> None:
    providers = {name: Provider(kind="openai", key_env=name) for name in ("A", "B", "C")}
    secrets = Secrets(providers, {"A": "abcdefgh", "B": "abcdefghij", "C": "short"})
    assert secrets.without("abcdefghij short abcdefgh") == "[redacted] short [redacted]"
    assert secrets.out_of({"a": ["abcdefgh", 1, None]}) == {"a": ["[redacted]", 1, None]}


def test_the_addresses_of_the_providers_are_outside_and_cannot_be_reached(place: Place) -> None:
    with OpenAIChat(files(a_md="a")) as last:
        request = request_to(place, last)
        strangers = [
            Route(provider="anthropic", model="claude-sonnet-5-5"),
            Route(provider="openai", model="gpt-4o"),
            Route(provider="bedrock", model="global.anthropic.claude-sonnet-5-5"),
        ]
        answer = do(
            place,
            replace(
                request,
                routes=(*strangers, *request.routes),
                providers=PROVIDERS | request.providers,
            ),
        )
    assert [each.code for each in answer.routes_left] == [Code.UNREACHABLE] * 3
    assert answer.outcome == "done"


@pytest.mark.parametrize("server", all_but_slow(1, [*SERVERS, OpenAIChat]))
def test_a_program_connects_to_this_machine_only(
    server: type[ScriptedProvider], place: Place, tmp_path: Path
) -> None:
    """By what the kernel was asked for: no telemetry, no price list, no role of a machine."""
    needs.linux("strace exists nowhere else")
    strace = needs.program("strace")
    trace = tmp_path / "trace"
    watched = ("-e", "trace=connect,sendto", "-e", "signal=none", "-o", str(trace))
    with server(files(a_md="a")) as provider:
        child = start(
            place,
            request_to(place, provider),
            launcher=(strace, "-f", "--seccomp-bpf", "-qq", *watched),
        )
        child.communicate(timeout=SECONDS_MAX)
    assert decode_answer(place.answer.read_bytes()).outcome == "done"
    connected = re.findall(r'inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"', trace.read_text())
    assert connected
    assert set(connected) <= {"127.0.0.1", "::1"}
