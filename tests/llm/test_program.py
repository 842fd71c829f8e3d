"""The program answers whatever it is given, and says how it ended by its status."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import djobs_files
import djobs_llm
import djobs_protocol
from djobs_llm.contract import EXIT_FAILED, Answer, Code, decode_answer, encode_request
from djobs_llm.program import EXIT_NO_ANSWER, EXIT_USAGE
from tests.llm.child import PROGRAM, SECONDS_MAX, Place, environment, request_to
from tests.llm.servers.anthropic_messages import AnthropicMessages

_BARE = """
import os, sys
sys.path.insert(0, sys.argv.pop(1))
from djobs_llm.program import run
sys.exit(run(sys.argv[1:], os.environ))
"""


def program(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", *arguments],
        env=environment(place.folder),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def answered(place: Place) -> Answer:
    return decode_answer(place.answer.read_bytes())


@pytest.mark.parametrize("content", [b"", b"{", b'{"type": 1}', b'{"format": 2}', b"\xff", b"[]"])
def test_a_request_that_cannot_be_read_is_answered(content: bytes, place: Place) -> None:
    place.request.write_bytes(content)
    done = program(place, str(PROGRAM), str(place.request), str(place.answer))
    assert (done.returncode, answered(place).code) == (EXIT_FAILED, Code.REQUEST_INVALID)
    assert str(place.request) in answered(place).message


def test_a_request_that_is_not_there_is_answered(place: Place) -> None:
    done = program(place, str(PROGRAM), str(place.request), str(place.answer))
    assert (done.returncode, answered(place).code) == (EXIT_FAILED, Code.REQUEST_INVALID)


def test_without_two_files_it_says_what_it_takes(place: Place) -> None:
    done = program(place, str(PROGRAM))
    assert done.returncode == EXIT_USAGE
    assert "REQUEST.json ANSWER.json" in done.stderr


def test_an_answer_that_cannot_be_written_is_told_by_the_status(place: Place) -> None:
    place.answer.mkdir()
    (place.answer / "a").touch()
    done = program(place, str(PROGRAM), str(place.request), str(place.answer))
    assert done.returncode == EXIT_NO_ANSWER
    assert "cannot be written" in done.stderr
    assert sorted(path.name for path in place.folder.iterdir()) == ["answer.json"]


def test_an_answer_is_readable_for_its_owner_only(place: Place) -> None:
    program(place, str(PROGRAM), str(place.request), str(place.answer))
    assert place.answer.stat().st_mode & 0o777 == 0o600


def test_without_the_extra_the_answer_says_how_to_install_it(place: Place) -> None:
    """`-S` leaves the site folders out; what is needed in any case is put on the path by hand."""
    with AnthropicMessages() as provider:
        place.request.write_bytes(encode_request(request_to(place, provider)))
    bare = place.folder / "bare"
    bare.mkdir()
    for package in (msgspec, djobs_files, djobs_llm, djobs_protocol):
        folder = Path(str(package.__file__)).parent
        (bare / folder.name).symlink_to(folder)
    done = program(place, "-S", "-c", _BARE, str(bare), str(place.request), str(place.answer))
    assert (done.returncode, answered(place).code) == (EXIT_FAILED, Code.NOT_INSTALLED), done
    assert "pip install 'djobs[llm]'" in answered(place).message
