"""How values look to a person."""

import argparse
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobsctl.commands.show import render
from djobsctl.duration import point_in_time
from djobsctl.logentries import entries
from djobsctl.present.fields import fields
from djobsctl.present.jobs import brief, event_table, job_table, what
from djobsctl.present.loglines import show
from djobsctl.present.screen import Screen, detect
from djobsctl.present.table import Cell, Column, columns_of, cut, display_width, table
from djobsctl.present.text import ago, length, safe, size, span
from djobsctl.present.wrap import wrap

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()
PLAIN = Screen(None, color=False, now=NOW)


def job(**changes: Any) -> dict[str, Any]:
    base = {
        "id": "j1bb",
        "type": "review",
        "state": "pending",
        "correlation_id": "/repo/tern",
        "payload": {"file": "a.py"},
        "created_at": "2026-11-22T11:58:00Z",
    }
    return {**base, **changes}


def test_columns_are_aligned_and_numbers_stand_on_the_right() -> None:
    columns = (Column("NAME"), Column("COUNT", right=True))
    assert table(columns, [["a", "1"], ["longer", "100"]], PLAIN).splitlines() == [
        "NAME    COUNT",
        "a           1",
        "longer    100",
    ]


def test_only_flexible_columns_give_way_to_a_narrow_terminal() -> None:
    columns = (Column("ID"), Column("WHAT", flexible=True))
    narrow = Screen(40, color=False, now=NOW)
    lines = table(columns, [["j1bb" * 5, "x" * 50]], narrow).splitlines()
    assert lines[1] == "j1bb" * 5 + "  " + "x" * 17 + "…"


def test_a_column_may_have_a_width_that_it_never_exceeds_on_a_terminal() -> None:
    columns = (Column("SESSION", columns_max=9),)
    assert table(columns, [["s" * 20]], Screen(80, color=False, now=NOW)).endswith("s" * 8 + "…")
    assert table(columns, [["s" * 20]], PLAIN).endswith("s" * 20)


def test_nothing_is_cut_in_a_pipe() -> None:
    assert "x" * 500 in job_table([job(payload={"text": "x" * 500})], PLAIN)
    assert "x" * 500 in job_table([job(state="failed", last_error="x" * 500)], PLAIN)
    event = {"at": 0, "kind": "failed", "job_id": "j1bb", "job_type": "review"}
    told = event_table([{**event, "session": "s" * 40, "note": "x" * 500}], PLAIN)
    assert "s" * 40 + "  " + "x" * 500 in told


@given(st.text(), st.integers(1, 40))
def test_cut_text_is_never_wider_than_asked(text: str, width: int) -> None:
    assert display_width(cut(text, width)) <= width


def test_colour_does_not_shift_columns() -> None:
    columns = (Column("STATE"), Column("X"))
    coloured = Screen(None, color=True, now=NOW)
    painted = table(columns, [[Cell("failed", "red"), "1"]], coloured)
    assert "\x1b[31mfailed\x1b[0m  1" in painted


@given(st.text())
def test_text_of_agents_cannot_steer_the_terminal(text: str) -> None:
    shown = safe(text)
    assert all(ord(character) >= 32 and not 127 <= ord(character) < 160 for character in shown)


def test_an_escape_sequence_in_a_payload_is_shown_and_not_obeyed() -> None:
    shown = job_table([job(payload={"file": "\x1b[2Jgone\u202e"})], PLAIN)
    assert "\\x1b[2Jgone\\u202e" in shown
    assert "\x1b" not in shown


def test_a_job_is_one_line_whatever_is_in_it() -> None:
    shown = job_table([job(type="a\nb", payload={"text": "x\ny\r\nz"})], PLAIN)
    assert len(shown.splitlines()) == 2


def test_what_matters_about_a_job_is_its_error_then_its_block_then_its_payload() -> None:
    assert what(job()) == "a.py"
    assert what(job(blocked_by=["j2cc"])) == "waits for j2cc"
    assert what(job(state="failed", last_error="no such file")) == "error: no such file"
    assert brief({"a": 1, "b": 2}) == '{"a": 1, "b": 2}'
    assert brief({}) == ""


def test_a_job_that_djobs_runs_is_told_by_its_command_and_what_there_is_to_say_of_it() -> None:
    ran = {"managed_by": "executor", "payload": {"spec": ["echo", "a b"], "cwd": "sub"}}
    assert what(job(**ran)) == "echo 'a b'"
    done = {"state": "succeeded", "exit_code": 0, "max_duration_seconds": 90.0, "sandbox": "write"}
    assert what(job(**ran, **done)) == "echo 'a b' (exit 0, at most 90 s, sandbox write)"
    assert what(job(**ran, **done | {"sandbox": "none"})).endswith("(exit 0, at most 90 s)")
    stopping = {"state": "running", "stop_requested_at": "2026-11-22T11:59:30Z"}
    assert what(job(**ran, **stopping), NOW) == "stopping since 30 s ago"
    assert what(job(**ran, state="failed", last_error="no", exit_code=3)) == "error: no"
    assert what(job(payload={"spec": ["a"]}, managed_by="agent")) == '["a"]'


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.5, "0.5 s"), (90, "90 s"), (120, "2 min"), (3600.0, "1 h"), (604_800, "7 d")],
)
def test_a_length_that_somebody_set_is_shown_as_it_was_set(seconds: float, text: str) -> None:
    assert length(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3661, "1 h 1 min"),
        (90061, "1 d 1 h"),
        (1e6, "11 d"),
    ],
)
def test_spans_are_told_in_their_largest_units(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_times_are_relative_to_now_in_both_directions() -> None:
    assert ago("2026-11-22T11:58:00Z", NOW) == "2 min ago"
    assert ago("2026-11-22T12:00:30Z", NOW) == "in 30 s"
    assert ago("2026-11-22T12:00:00.400Z", NOW) == "now"
    assert ago("no time", NOW) == "-"


def test_sizes_have_one_decimal_and_a_unit() -> None:
    assert [size(each) for each in (0, 1023, 1536, 5 * 1024**3)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "5.0 GiB",
    ]


def test_fields_without_a_value_take_no_line() -> None:
    rows: list[tuple[str, str | list[str]]] = [("A", "1"), ("Empty", ""), ("Many", ["x", "y"])]
    assert fields(rows, PLAIN).splitlines() == ["   A: 1", "Many: x", "      y"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "color"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_that_want_it(environ: dict[str, str], color: bool) -> None:
    screen = detect(Terminal(), {"COLUMNS": "90", **environ})
    assert (screen.width, screen.color) == (90, color)


def test_a_pipe_has_neither_colour_nor_width() -> None:
    screen = detect(io.StringIO(), {"COLUMNS": "90"})
    assert (screen.width, screen.color) == (None, False)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("2h", "2026-11-22T10:00:00.000Z"),
        ("90s", "2026-11-22T11:58:30.000Z"),
        ("15min", "2026-11-22T11:45:00.000Z"),
        ("1d", "2026-11-21T12:00:00.000Z"),
        ("2026-11-01T10:00+02:00", "2026-11-01T08:00:00.000Z"),
    ],
)
def test_a_time_may_be_typed_as_a_length_or_as_a_date(text: str, wire: str) -> None:
    assert point_in_time(text, NOW) == wire


@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_time_or_a_usage_error(text: str) -> None:
    try:
        wire = point_in_time(text, NOW)
    except argparse.ArgumentTypeError:
        return
    assert wire.endswith("Z")


def test_log_lines_of_both_formats_have_levels_and_a_traceback_has_the_one_above() -> None:
    lines = [
        '{"time": "T", "level": "warning", "logger": "djobs.life", "message": "Slow.", "n": 1}',
        "2026-11-22T10:00:00.000+00:00 ERROR core: Failed. why='x'",
        "Traceback (most recent call last):",
    ]
    found = list(entries(lines))
    assert [each["level"] for each in found] == ["warning", "error", "error"]
    said = [{name: each.get(name) for name in ("time", "logger", "message")} for each in found]
    assert said == [
        {"time": "T", "logger": "djobs.life", "message": "Slow."},
        {"time": "2026-11-22T10:00:00.000+00:00", "logger": "core", "message": "Failed. why='x'"},
        {"time": None, "logger": None, "message": None},
    ]
    assert show(found[0], PLAIN) == "T WARNING life: Slow. n=1"
    assert show(found[2], PLAIN) == "Traceback (most recent call last):"


@given(st.text(), st.integers(1, 40))
def test_wrapped_text_keeps_every_word_and_only_a_long_word_is_too_wide(
    text: str, width: int
) -> None:
    lines = wrap(text, width)
    assert " ".join(" ".join(lines).split(" ")).split() == text.split()
    assert all(display_width(line) <= width or " " not in line for line in lines)


def test_a_log_line_is_cut_where_the_screen_is_to_keep_its_shape() -> None:
    entry = {"level": "info", "text": "2026-11-22T10:00:00Z INFO life: " + "x" * 200}
    assert display_width(show(entry, PLAIN, 80)) == 80
    assert show(entry, PLAIN).endswith("x" * 200)


def test_a_job_that_nobody_claimed_has_no_attempt_and_nobody_who_did_it() -> None:
    common = {"correlation_id": "w", "workspace": "w", "created_at": 0, "max_attempts": 3}
    pending = job(attempt=0, priority=5, managed_by="agent", **common)
    shown = render({"job": pending, "events": []}, PLAIN)
    assert "Attempt" not in shown
    assert "Done by" not in shown
    assert "Attempt: 1 of 3" in render({"job": {**pending, "attempt": 1}, "events": []}, PLAIN)


def test_a_job_s_events_do_not_repeat_the_job_and_long_values_are_wrapped() -> None:
    narrow = Screen(60, color=False, now=NOW)
    common = {"correlation_id": "w", "workspace": "w", "created_at": 0, "max_attempts": 3}
    shown = render(
        {
            "job": job(
                attempt=0,
                priority=5,
                managed_by="agent",
                payload={"text": "word " * 40, "nested": [1, 2]},
                evidence="done " * 40,
                **common,
            ),
            "events": [
                {
                    "at": 0,
                    "kind": "enqueued",
                    "job_id": "j1bb",
                    "job_type": "review",
                    "session": "s",
                }
            ],
        },
        narrow,
    )
    assert columns_of(shown) <= 60
    assert shown.count("word") == shown.count("done") == 40
    assert (shown.count("j1bb"), shown.count("review")) == (1, 1)
