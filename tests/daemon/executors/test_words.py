"""Words that were handed over stay arguments for a command, and become text for a model."""

import argparse

import msgspec
import pytest

from djobs_daemon.executors.kinds import Refused, read_payload
from djobs_daemon.executors.llm import LlmTask
from djobs_daemon.executors.shell import ShellTask
from djobs_llm.contract import JOB_TYPES
from djobsctl import job_options
from djobsctl.commands import submit


class OfText(msgspec.Struct, forbid_unknown_fields=True):
    spec: str


def test_the_command_line_knows_which_built_in_types_take_text() -> None:
    assert set(submit.OF_TEXT) == set(JOB_TYPES)


@pytest.mark.parametrize(
    ("job_type", "words", "spec"),
    [
        ("shell", ["true"], ["true"]),
        ("checks", ["pytest", "-k", "a or b"], ["pytest", "-k", "a or b"]),
        ("pipeline", ["ls | wc -l"], "ls | wc -l"),
        ("review", ["look", "at  it"], "look at  it"),
    ],
)
def test_arguments_are_kept_apart(job_type: str, words: list[str], spec: object) -> None:
    args = argparse.Namespace(
        type=job_type, command_line=words, payload={}, cwd=None, env=[], secret=[]
    )
    for name in (*job_options.NAMES, *submit.OF_RUN):
        setattr(args, name, None)
    assert submit.new_job(args)["payload"] == {"spec": spec}


def test_a_type_that_takes_text_joins_words_and_one_that_takes_a_command_does_not() -> None:
    payload = {"spec": ["a", "b  c"]}
    assert read_payload(payload, OfText, "text").spec == "a b  c"
    assert read_payload(payload, LlmTask, "text").spec == "a b  c"
    assert read_payload(payload, ShellTask, "command").spec == ["a", "b  c"]
    assert payload == {"spec": ["a", "b  c"]}
    with pytest.raises(Refused):
        read_payload({"spec": ["a", 1]}, OfText, "text")
