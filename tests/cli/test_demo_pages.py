"""What the demo prints fits the terminal, whatever the files are called."""

import io
from typing import Any

import pytest

from djobsctl.demo.files import Found
from djobsctl.demo.home import Killed
from djobsctl.demo.narrator import Narrator
from djobsctl.present.demo import demo_report
from djobsctl.present.screen import Screen
from djobsctl.present.table import columns_of, display_width

FILES = ["a.py", "\u65e5\u672c\u8a9e.py", "a rather long name " * 4 + ".py", "d.py"]
EVIDENCE = "1234 lines, sha256 c3f9c8c283a2b1f2"


def event(number: int, kind: str, session: str) -> dict[str, Any]:
    return {
        "at": number,
        "kind": kind,
        "job_id": f"j{number % 4}",
        "job_type": "fingerprint_file",
        "session": session * 32,
        "note": EVIDENCE,
    }


def document() -> dict[str, Any]:
    tasks = [
        {"job_id": f"j{number}", "file": file, "session": 1 + number // 2}
        for number, file in enumerate(FILES)
    ]
    events = [event(number, "enqueued", "a") for number in range(4)]
    events += [event(number, "succeeded", "ab"[number // 2]) for number in range(4)]
    names = ("enqueued", "completed_before_kill", "recovered", "lost", "doubled")
    return {
        "tasks": tasks,
        "events": events,
        "counts": dict(zip(names, (4, 2, 2, 0, 0), strict=True)),
        "in_flight": {"file": FILES[2], "was_written": False},
        "held": True,
        "broken_promises": [],
        "kept": False,
        "seconds": 3.1,
    }


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("held", [True, False])
def test_the_closing_page_fits_and_names_files(columns: int, held: bool) -> None:
    told = {**document(), "held": held, "broken_promises": ["a promise was broken"] * 9}
    page = demo_report(told, Screen(columns, color=True, now=0))
    assert columns_of(page) <= columns
    history = page.partition("WHEN")[2].partition("\n\n")[0]
    assert "a.py" in history
    assert "j0" not in history
    assert "fingerprint_file" not in history


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_story_fits_and_what_is_done_stands_in_one_column(columns: int) -> None:
    stream = io.StringIO()
    narrator = Narrator(stream, Screen(columns, color=True, now=0), paced=False)
    narrator.opening(Found("/home/me/project", FILES, more=False), "/tmp/djobs-demo-x")
    narrator.session(1, 123456)
    narrator.connected()
    narrator.recorded(4)
    for file in FILES:
        narrator.done(file, EVIDENCE)
    narrator.killed(Killed(123456, 123457, 123458), FILES[3])
    narrator.told("djobs keeps a durable list of the work in this folder: " + "2 tasks " * 20)
    narrator.found(2)
    told = stream.getvalue()
    assert columns_of(told) <= columns
    done = [line for line in told.splitlines() if EVIDENCE in line]
    assert len({display_width(line) for line in done}) == 1
    assert "\u2717" not in told, "a report under way is no failure"
