"""What a model answers is held against its form; it is told what is wrong, and asked again."""

import pytest

from djobs_llm.contract import Code, Limits, Template
from tests.harness.length import all_but_slow
from tests.llm.child import Place, do, request_to
from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.bedrock_converse import BedrockConverse
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.openai_responses import OpenAIResponses
from tests.llm.servers.provider import ScriptedProvider
from tests.llm.servers.script import Answer, at_paths, files

SERVERS = [AnthropicMessages, OpenAIResponses, OpenAIChat, BedrockConverse]
every_provider = pytest.mark.parametrize("server", all_but_slow(1, SERVERS))

NO_FORM = Answer(arguments={"files": "a.md"})


@every_provider
def test_output_out_of_form_is_corrected(server: type[ScriptedProvider], place: Place) -> None:
    with server(NO_FORM, files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider))
        assert "files" in str(provider.bodies[1])

    assert (answer.outcome, answer.usage.requests) == ("done", 2), answer
    assert (place.workspace / "a.md").read_text() == "a"


@every_provider
def test_output_that_stays_out_of_form_ends_the_job(
    server: type[ScriptedProvider], place: Place
) -> None:
    with server(NO_FORM) as provider, OpenAIChat(files(a_md="a")) as second:
        servers = [provider] if server is OpenAIChat else [provider, second]
        request = request_to(place, *servers, limits=Limits(corrections=1))
        answer = do(place, request)
        assert second.asked == []

    assert (answer.outcome, answer.code) == ("failed", Code.OUTPUT_INVALID), answer
    assert answer.usage.requests == 2
    assert list(place.workspace.iterdir()) == []


def test_a_text_where_files_are_wanted_is_corrected(place: Place) -> None:
    with OpenAIChat(Answer(text="Here is your file!"), files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider))
    assert (answer.outcome, answer.usage.requests) == ("done", 2), answer


@pytest.mark.parametrize(
    ("first", "complaint"),
    [
        (at_paths({"../out.md": "x"}), "has .. in it"),
        (at_paths({".git/hooks/post-checkout": "x"}), "own folder"),
        (at_paths({"b.md": "x", "c.md": "y"}), "'a.md' is missing"),
        (at_paths({}), "no file"),
    ],
)
def test_files_in_the_wrong_place_are_sent_back(
    first: Answer, complaint: str, place: Place
) -> None:
    with AnthropicMessages(first, files(a_md="a")) as provider:
        answer = do(place, request_to(place, provider, output_path="a.md"))
        assert complaint in str(provider.bodies[1])

    assert answer.outcome == "done", answer
    assert [path.name for path in place.workspace.iterdir()] == ["a.md"]


def test_a_single_file_goes_where_it_was_asked_for(place: Place) -> None:
    with AnthropicMessages(at_paths({"wrong.md": "x"})) as provider:
        answer = do(place, request_to(place, provider, output_path="docs/right.md"))
    assert [each.path for each in answer.files] == ["docs/right.md"]
    assert (place.workspace / "docs" / "right.md").read_text() == "x"


def test_what_was_there_is_kept_for_an_undo(place: Place) -> None:
    (place.workspace / "a.md").write_text("old")
    with AnthropicMessages(files(a_md="new", b_md="b")) as provider:
        answer = do(place, request_to(place, provider, output_path="a.md"))
        assert "old" in str(provider.bodies[0])
    assert [(each.path, each.change) for each in answer.files] == [
        ("a.md", "changed"),
        ("b.md", "new"),
    ]
    assert "old" in [
        path.read_text() for path in (place.folder / "undo").rglob("*") if path.is_file()
    ]


def test_a_text_is_written_where_it_was_asked_for_too(place: Place) -> None:
    with AnthropicMessages(Answer(text="In short: yes.")) as provider:
        request = request_to(place, provider, type="summarize", output_path="summary.md")
        answer = do(place, request)
    assert answer.text == "In short: yes."
    assert (place.workspace / "summary.md").read_text() == "In short: yes."


def test_a_type_of_ones_own_is_asked_by_its_template(place: Place) -> None:
    template = Template(system="You write haiku.", output="files")
    with AnthropicMessages(files(a_md="a")) as provider:
        request = request_to(place, provider, type="haiku", template=template)
        answer = do(place, request)
        assert "You write haiku." in str(provider.bodies[0]["system"])
    assert answer.outcome == "done"


def test_a_place_that_cannot_be_written_to_fails_the_job(place: Place) -> None:
    (place.workspace / "docs").symlink_to("/tmp")
    with AnthropicMessages(at_paths({"docs/a.md": "x"})) as provider:
        answer = do(place, request_to(place, provider))
    assert (answer.outcome, answer.code) == ("failed", Code.OUTPUT_REFUSED), answer
    assert (answer.usage.cost_usd or 0) > 0
