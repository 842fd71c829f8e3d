"""Each way in which a provider fails leads to the next model, to a wait, or to the job's end."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from djobs_llm.contract import EXIT_FAILED, EXIT_PARKED, Code, Limits, Provider, Route, RouteLeft
from djobs_llm.failure import VERDICTS, nothing_left
from djobs_llm.meter import now_ms
from tests.harness.length import all_but_slow
from tests.llm.child import Place, do, request_to, run
from tests.llm.servers import errors
from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.bedrock_converse import BedrockConverse
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.openai_responses import OpenAIResponses
from tests.llm.servers.provider import ScriptedProvider
from tests.llm.servers.script import Answer, Drips, Garbage, Silence, Step, files

SERVERS = [AnthropicMessages, OpenAIResponses, OpenAIChat, BedrockConverse]
every_provider = pytest.mark.parametrize("server", all_but_slow(1, SERVERS))

FAILURES: list[tuple[type[ScriptedProvider], Step, Code]] = [
    (AnthropicMessages, errors.anthropic(401, "authentication_error"), Code.CREDENTIALS_REJECTED),
    (AnthropicMessages, errors.anthropic(404, "not_found_error"), Code.MODEL_NOT_FOUND),
    (AnthropicMessages, errors.anthropic(500, "api_error"), Code.PROVIDER_ERROR),
    (AnthropicMessages, errors.anthropic(529, "overloaded_error"), Code.OVERLOADED),
    (
        AnthropicMessages,
        errors.anthropic(400, "billing_error", "Your credit balance is too low"),
        Code.QUOTA_EXCEEDED,
    ),
    (OpenAIResponses, errors.openai(401, "invalid_api_key"), Code.CREDENTIALS_REJECTED),
    (OpenAIResponses, errors.openai(404, "model_not_found"), Code.MODEL_NOT_FOUND),
    (OpenAIResponses, errors.openai(429, "insufficient_quota"), Code.QUOTA_EXCEEDED),
    (OpenAIResponses, errors.openai(503, "overloaded"), Code.OVERLOADED),
    (OpenAIChat, errors.openai(502, "bad_gateway"), Code.PROVIDER_ERROR),
    (BedrockConverse, errors.bedrock(403, "AccessDeniedException"), Code.CREDENTIALS_REJECTED),
    (BedrockConverse, errors.bedrock(500, "InternalServerException"), Code.PROVIDER_ERROR),
    (BedrockConverse, errors.bedrock(503, "ServiceUnavailableException"), Code.OVERLOADED),
    *((server, errors.rate_limit(server), Code.RATE_LIMITED) for server in SERVERS),
]
ENDS: list[tuple[type[ScriptedProvider], Step, Code]] = [
    (AnthropicMessages, errors.anthropic(400, "invalid_request_error"), Code.REQUEST_REJECTED),
    (
        AnthropicMessages,
        errors.anthropic(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
        Code.CONTEXT_TOO_LONG,
    ),
    (OpenAIResponses, errors.openai(400, "invalid_value"), Code.REQUEST_REJECTED),
    (OpenAIResponses, errors.openai(400, "context_length_exceeded"), Code.CONTEXT_TOO_LONG),
    (OpenAIChat, errors.openai(422, "invalid_value"), Code.REQUEST_REJECTED),
    (BedrockConverse, errors.bedrock(400, "ValidationException"), Code.REQUEST_REJECTED),
    *(
        (server, Answer("I will not.", ending="refused"), Code.CONTENT_REFUSED)
        for server in SERVERS
    ),
    *((server, Answer("Half of", ending="length"), Code.OUTPUT_CUT) for server in SERVERS),
]


def test_every_code_has_a_verdict() -> None:
    assert set(VERDICTS) == set(Code)


@pytest.mark.parametrize(("server", "step", "code"), all_but_slow(7, FAILURES))
def test_another_provider_is_asked_when_the_first_cannot(
    server: type[ScriptedProvider], step: Step, code: Code, place: Place
) -> None:
    other = OpenAIChat if server is not OpenAIChat else AnthropicMessages
    with server(step) as first, other(files(a_md="a")) as second:
        answer = do(place, request_to(place, first, second))

    assert answer.outcome == "done", answer
    assert [each.code for each in answer.routes_left] == [code]
    assert (answer.routes_left[0].parked_until_ms is not None) == VERDICTS[code].parks
    assert answer.usage.unmeasured_requests == 0


@pytest.mark.parametrize(("server", "step", "code"), all_but_slow(5, ENDS))
def test_what_is_the_jobs_own_fault_ends_it(
    server: type[ScriptedProvider], step: Step, code: Code, place: Place
) -> None:
    other = OpenAIChat if server is not OpenAIChat else AnthropicMessages
    with server(step) as first, other(files(a_md="a")) as second:
        request = request_to(place, first, second, type="review")
        answer = do(place, request)
        assert second.asked == []

    assert (answer.outcome, answer.code) == ("failed", code), answer
    assert answer.usage.requests == 1


def test_what_there_is_of_a_text_that_was_cut_is_kept(place: Place) -> None:
    with AnthropicMessages(Answer("Half of", ending="length")) as provider:
        answer = do(place, request_to(place, provider, type="review"))
    assert (answer.outcome, answer.text) == ("failed", "Half of")


def test_the_table_of_tests_is_the_table_of_verdicts() -> None:
    assert all(VERDICTS[code].routes_on for _, _, code in FAILURES)
    assert not any(VERDICTS[code].routes_on for _, _, code in ENDS)


@pytest.mark.parametrize(
    ("server", "headers"),
    [
        (AnthropicMessages, {"retry_after": "120"}),
        (
            AnthropicMessages,
            {
                "anthropic_ratelimit_requests_remaining": "0",
                "anthropic_ratelimit_requests_reset": "AFTER",
                "anthropic_ratelimit_tokens_remaining": "9",
                "anthropic_ratelimit_tokens_reset": "2030-01-01T00:00:00Z",
            },
        ),
        (OpenAIResponses, {"retry_after_ms": "120000"}),
        (
            OpenAIChat,
            {"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "2m0s"},
        ),
        (BedrockConverse, {"retry_after": "120"}),
    ],
)
def test_at_its_rate_limit_the_job_is_parked_until_the_provider_is_reset(
    server: type[ScriptedProvider], headers: dict[str, str], place: Place
) -> None:
    reset = datetime.now(UTC) + timedelta(seconds=120)
    said = {
        name: reset.isoformat() if value == "AFTER" else value for name, value in headers.items()
    }
    before = now_ms()
    with server(errors.rate_limit(server, **said)) as provider:
        answer = do(place, request_to(place, provider))

    assert (answer.outcome, answer.code) == ("parked", Code.RATE_LIMITED), answer
    assert answer.parked_until_ms is not None
    waits = answer.parked_until_ms - before
    assert 110_000 <= waits <= 120_000 + now_ms() - before
    assert answer.usage.cost_usd == 0


@pytest.mark.slow
def test_a_parked_program_says_so_by_its_status(place: Place) -> None:
    with AnthropicMessages(errors.anthropic(529, "overloaded_error")) as provider:
        ended = run(place, request_to(place, provider))
    assert ended.status == EXIT_PARKED
    assert (ended.answer.outcome, ended.answer.parked_provider) == ("parked", "anthropic")


def test_an_error_of_the_provider_is_asked_about_once_more(place: Place) -> None:
    steps = errors.anthropic(500, "api_error"), files(a_md="a")
    with AnthropicMessages(*steps) as provider:
        answer = do(place, request_to(place, provider))
    assert (answer.outcome, answer.usage.requests) == ("done", 2)


@every_provider
def test_an_answer_that_cannot_be_read_is_the_providers_failure(
    server: type[ScriptedProvider], place: Place
) -> None:
    with server(Garbage()) as provider:
        answer = do(place, request_to(place, provider))

    assert answer.outcome == "failed", answer
    assert answer.code in (Code.PROVIDER_ERROR, Code.CONNECTION_CUT)
    assert answer.usage.unmeasured_requests == 1


@every_provider
def test_a_connection_that_breaks_off_is_noticed_and_its_request_not_counted_as_free(
    server: type[ScriptedProvider], place: Place
) -> None:
    step = Answer(text="Half of a review.", cut_after=3)
    with server(step) as provider:
        answer = do(place, request_to(place, provider, type="review"))

    assert (answer.outcome, answer.code) == ("failed", Code.CONNECTION_CUT), answer
    assert answer.usage.requests == 1
    assert answer.usage.unmeasured_requests == 1
    assert answer.text is None


@every_provider
def test_a_stream_that_ends_in_good_order_but_too_soon_was_cut_off_too(
    server: type[ScriptedProvider], place: Place
) -> None:
    step = Answer(text="Half of a review.", stop_after=2)
    with server(step) as provider:
        answer = do(place, request_to(place, provider, type="review"))

    assert answer.outcome == "failed", answer
    assert answer.code in (Code.CONNECTION_CUT, Code.PROVIDER_ERROR)
    assert answer.usage.unmeasured_requests == 1


@pytest.mark.parametrize(
    ("server", "error", "code"),
    [
        (AnthropicMessages, "overloaded_error", Code.OVERLOADED),
        (OpenAIResponses, "rate_limit_exceeded", Code.RATE_LIMITED),
        (OpenAIChat, "rate_limit_exceeded", Code.RATE_LIMITED),
        (BedrockConverse, "throttlingException", Code.RATE_LIMITED),
    ],
)
@pytest.mark.parametrize("after", [0, 3])
def test_an_error_inside_a_stream_is_what_it_is_before_one_but_may_cost_something(
    server: type[ScriptedProvider], error: str, code: Code, after: int, place: Place
) -> None:
    step = Answer(text="Half of a review.", stop_after=after, error=error)
    with server(step) as provider:
        answer = do(place, request_to(place, provider, type="review"))

    assert (answer.outcome, answer.code) == ("parked", code), answer
    assert answer.usage.unmeasured_requests == 1


@pytest.mark.parametrize("server", [AnthropicMessages, OpenAIResponses, OpenAIChat])
def test_a_stream_that_only_says_that_it_is_alive_takes_no_longer_than_is_said(
    server: type[ScriptedProvider], place: Place
) -> None:
    with server(Drips()) as provider:
        limits = Limits(request_seconds=1, idle_seconds=60)
        answer = do(place, request_to(place, provider, type="review", limits=limits))
        provider.closing.set()
    assert (answer.outcome, answer.code) == ("failed", Code.TIMED_OUT), answer


def test_what_a_stream_said_of_its_cost_before_it_broke_off_is_counted(place: Place) -> None:
    with AnthropicMessages(Answer(text="Half of it.", cut_after=3)) as provider:
        answer = do(place, request_to(place, provider, type="review"))
    assert answer.usage.input_tokens == 1000
    assert (answer.usage.cost_usd or 0) > 0


@every_provider
def test_a_silent_provider_is_waited_for_no_longer_than_is_said(
    server: type[ScriptedProvider], place: Place
) -> None:
    with server(Silence()) as provider:
        answer = do(place, request_to(place, provider, limits=Limits(idle_seconds=0.5)))
        provider.closing.set()

    assert (answer.outcome, answer.code) == ("failed", Code.TIMED_OUT), answer
    assert answer.usage.unmeasured_requests == 1


@every_provider
def test_a_request_takes_no_longer_than_is_said(
    server: type[ScriptedProvider], place: Place
) -> None:
    with server(Silence()) as provider:
        answer = do(place, request_to(place, provider, limits=Limits(request_seconds=0.5)))
        provider.closing.set()
    assert (answer.outcome, answer.code) == ("failed", Code.TIMED_OUT), answer
    assert answer.usage.unmeasured_requests == 1


@pytest.mark.parametrize("server", all_but_slow(1, SERVERS))
def test_a_program_ends_when_its_time_is_over_whatever_hangs(
    server: type[ScriptedProvider], place: Place
) -> None:
    with server(Silence()) as provider:
        ended = run(place, request_to(place, provider, limits=Limits(seconds=4)))
    assert (ended.status, ended.answer.code) == (EXIT_FAILED, Code.TIMED_OUT), ended
    assert "limits.seconds" in ended.answer.message


def test_a_provider_that_is_not_there_is_left_for_the_next(place: Place) -> None:
    with socket.socket() as bound, OpenAIChat(files(a_md="a")) as second:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        gone = f"http://127.0.0.1:{bound.getsockname()[1]}"
        request = request_to(place, second)
        routes = (Route(provider="gone", model="claude-sonnet-5-5"), *request.routes)
        providers = {
            "gone": Provider(kind="anthropic", key_env="TEST_KEY", base_url=gone),
            **request.providers,
        }
        answer = do(place, request_to(place, second, routes=routes, providers=providers))

    assert answer.outcome == "done"
    assert [each.code for each in answer.routes_left] == [Code.UNREACHABLE]
    assert answer.usage.unmeasured_requests == 0


@pytest.mark.parametrize("kind", ["anthropic", "openai", "bedrock"])
def test_without_a_key_the_next_provider_is_asked(
    kind: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    servers = {
        "anthropic": AnthropicMessages,
        "openai": OpenAIResponses,
        "bedrock": BedrockConverse,
    }
    monkeypatch.delenv("TEST_KEY")
    with servers[kind]() as first, OpenAIChat(files(a_md="a")) as second:
        answer = do(place, request_to(place, first, second))
        assert first.asked == []

    assert answer.outcome == "done"
    assert answer.routes_left[0].code is Code.NO_CREDENTIALS
    assert ("AWS_ACCESS_KEY_ID" if kind == "bedrock" else "TEST_KEY") in answer.routes_left[
        0
    ].message


def test_when_all_fail_the_answer_tells_of_each(place: Place) -> None:
    with (
        AnthropicMessages(errors.anthropic(401, "authentication_error", "bad key")) as first,
        OpenAIResponses(errors.openai(404, "model_not_found", "no such model")) as second,
    ):
        answer = do(place, request_to(place, first, second))
    assert (answer.outcome, answer.code) == ("failed", Code.CREDENTIALS_REJECTED)
    assert "bad key" in answer.message
    assert "no such model" in answer.message


def test_a_job_waits_if_one_provider_may_be_asked_later_though_others_never() -> None:
    def left(code: Code, until: int | None) -> RouteLeft:
        return RouteLeft(
            provider=str(until), model="m", code=code, message="", parked_until_ms=until
        )

    routes = [left(Code.NO_CREDENTIALS, None), left(Code.OVERLOADED, 9), left(Code.RATE_LIMITED, 5)]
    answer = nothing_left(routes)
    assert (answer.outcome, answer.parked_until_ms, answer.parked_provider) == ("parked", 5, "5")
    assert nothing_left(routes[:1]).outcome == "failed"
