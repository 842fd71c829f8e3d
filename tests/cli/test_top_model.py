"""The live screen without a terminal: what keys and news make of a state, and how that looks."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobsctl.present.screen import Screen
from djobsctl.present.table import display_width
from djobsctl.top.acting import readable
from djobsctl.top.board import board_of
from djobsctl.top.keys import NAMES, keys_of
from djobsctl.top.layout import list_height, visible
from djobsctl.top.model import (
    Act,
    Away,
    Event,
    Key,
    LogRead,
    Open,
    Paged,
    Quit,
    ReadLog,
    Resized,
    Seen,
    State,
    Ticked,
    Told,
)
from djobsctl.top.update import selected_row, update
from djobsctl.top.view import painted, plain, view
from tests.cli.test_status_screen import DAEMON, NOW, OVERVIEW, at

STATUS: dict[str, Any] = {**DAEMON, "phase": "serving", "started_at": at(7200)}
AGENTS = [{"id": "ann", "status": "online", "seen_at": at(1)}]


def job(number: int, state: str = "pending", **more: Any) -> dict[str, Any]:
    base = {
        "id": f"j{number}bb",
        "type": "review",
        "state": state,
        "managed_by": "agent",
        "payload": {"file": f"f{number}.py"},
        "created_at": at(100),
    }
    return base | more


JOBS = [job(20), job(21, "succeeded"), job(22), job(1, "running", managed_by="executor")]
BOARD = board_of(STATUS, OVERVIEW, JOBS, AGENTS, NOW)
START = State(100, 30, NOW)


def after(state: State, *events: Event) -> State:
    for event in events:
        state, _ = update(state, event)
    return state


def pressed(state: State, keys: str) -> State:
    return after(state, *(Key(name) for name in keys_of(keys.encode())))


def ordered(state: State, key: str) -> tuple[object, ...]:
    return update(state, Key(key))[1]


def text(state: State) -> str:
    return "\n".join(plain(line).rstrip() for line in view(state))


SHOWN = after(START, Seen(BOARD))


def test_what_runs_comes_first_then_what_failed_then_what_waits_and_each_job_once() -> None:
    ids = [row.id for row in BOARD.rows]
    assert ids == ["j1bb", "j2bb", "j8bb", "j9bb", "j20bb", "j22bb", "j21bb"]
    assert BOARD.rows[0].notes == "$0.12"
    assert (BOARD.rows[1].who, BOARD.rows[1].lease_expires_at) == ("ann", at(-1600))


def test_the_screen_shows_the_daemon_what_waits_who_is_there_and_the_jobs() -> None:
    shown = text(replace(SHOWN, columns=140))
    for words in (
        "djobs 0.1.0 serving", "executors 1/4", "$1.50 today", "1 ask for money",
        "1 blocked for good", "2000 blocked", "paused: type review", "agents: ann",
        "j1bb", "LEASE", "26 min", "npm test: exit code 1", "q quit",
    ):  # fmt: skip
        assert words in shown, words


def test_the_selection_moves_with_the_keys_and_stops_at_both_ends() -> None:
    assert SHOWN.selected == "j1bb"
    assert pressed(SHOWN, "j").selected == "j2bb"
    assert pressed(SHOWN, "\x1b[B\x1b[Bk").selected == "j2bb"
    assert pressed(SHOWN, "kkk").selected == "j1bb"
    assert pressed(SHOWN, "Gjj").selected == "j21bb"
    assert pressed(SHOWN, "Gg").selected == "j1bb"


def test_the_selection_stays_on_its_job_when_others_come_and_moves_on_when_it_goes() -> None:
    state = pressed(SHOWN, "jj")
    assert state.selected == "j8bb"
    more = board_of(STATUS, OVERVIEW, [job(30, "running"), *JOBS], AGENTS, NOW)
    assert after(state, Seen(more)).selected == "j8bb"
    fewer = replace(BOARD, rows=tuple(row for row in BOARD.rows if row.id != "j8bb"))
    assert after(state, Seen(fewer)).selected == "j9bb"
    assert after(state, Seen(replace(BOARD, rows=()))).selected == ""


def test_another_job_s_log_is_asked_for_and_a_late_one_is_not_taken_for_it() -> None:
    assert ordered(SHOWN, "j") == (ReadLog("j2bb"),)
    state = pressed(SHOWN, "j")
    assert after(state, LogRead("j1bb", ("old",))).log == ()
    assert after(state, LogRead("j2bb", ("new",))).log == ("new",)
    assert "new" in text(after(state, LogRead("j2bb", ("new",))))


def test_a_filter_narrows_as_it_is_typed_and_escape_ends_it() -> None:
    typing = pressed(SHOWN, "/npm")
    assert [row.id for row in visible(typing)] == ["j8bb"]
    assert typing.selected == "j8bb"
    assert text(typing).splitlines()[-1].startswith("/npm")
    kept = pressed(typing, "\r")
    assert (kept.mode, kept.filter) == ("list", "npm")
    assert "/npm: 1 of 7" in text(kept)
    assert pressed(kept, "\x1b").filter == ""
    assert pressed(typing, "\x7f\x7f").filter == "n"
    assert "No job matches 'npmx'" in text(pressed(typing, "x"))
    assert ordered(pressed(typing, "x\r"), "r") == ()


def test_letters_that_are_typed_into_the_filter_do_nothing_else() -> None:
    state = pressed(SHOWN, "/")
    for key in "rcpq":
        state, orders = update(state, Key(key))
        assert not [each for each in orders if not isinstance(each, ReadLog)]
    assert state.filter == "rcpq"


def test_enter_opens_and_l_shows_the_log_which_follows_while_its_end_is_shown() -> None:
    assert ordered(SHOWN, "enter") == (Open("j1bb"),)
    page = after(SHOWN, Paged("j1bb", tuple(f"line {n}" for n in range(90))))
    assert "line 0" in text(page)
    assert "line 89" in text(pressed(page, "G"))
    assert pressed(page, "q").mode == "list"
    log = pressed(SHOWN, "l")
    long = after(log, LogRead("j1bb", tuple(f"out {n}" for n in range(90))))
    assert "out 89" in text(long)
    assert "out 99" in text(after(long, LogRead("j1bb", tuple(f"out {n}" for n in range(100)))))
    held = pressed(long, "g")
    assert "out 0" in text(after(held, LogRead("j1bb", (*long.log, "more"))))


def test_a_cancel_is_asked_about_and_anything_but_yes_is_no() -> None:
    asked = pressed(SHOWN, "c")
    assert text(asked).splitlines()[-1] == "Cancel j1bb? y / n"
    assert ordered(asked, "y") == (Act("cancel", "j1bb"),)
    for key in ("n", "enter", "escape", "c", "q"):
        state, orders = update(asked, Key(key))
        assert (state.mode, orders) == ("list", ()), key


def test_a_cancel_hits_the_job_that_was_asked_about_whatever_came_meanwhile() -> None:
    asked = pressed(SHOWN, "c")
    more = board_of(STATUS, OVERVIEW, [job(30, "running"), *JOBS], AGENTS, NOW)
    assert ordered(after(asked, Seen(more)), "y") == (Act("cancel", "j1bb"),)
    gone = replace(BOARD, rows=tuple(row for row in BOARD.rows if row.id != "j1bb"))
    assert ordered(after(asked, Seen(gone)), "y") == (Act("cancel", "j1bb"),)


def test_retry_is_for_what_ended_and_pause_for_what_has_not() -> None:
    failed = pressed(SHOWN, "jj")
    assert ordered(failed, "r") == (Act("retry", "j8bb"),)
    assert ordered(failed, "p") == () == ordered(failed, "c")
    assert ordered(SHOWN, "p") == (Act("pause", "j1bb"),)
    assert ordered(SHOWN, "r") == ()
    assert "has not ended" in text(pressed(SHOWN, "r"))
    paused = replace(BOARD, rows=(replace(BOARD.rows[0], paused=True), *BOARD.rows[1:]))
    assert ordered(after(SHOWN, Seen(paused)), "p") == (Act("resume", "j1bb"),)


def test_what_became_of_an_order_is_told_until_the_next_key() -> None:
    told = after(SHOWN, Told("j1bb is held."))
    assert text(told).splitlines()[-1] == "j1bb is held."
    assert "j1bb is held." not in text(pressed(told, "j"))


def test_a_daemon_that_is_away_is_said_and_what_was_known_stays() -> None:
    shown = text(after(SHOWN, Away("No daemon answers.")))
    assert "No daemon answers." in shown
    assert "j1bb" in shown
    assert "No daemon answers." not in text(after(SHOWN, Away("x"), Seen(BOARD)))
    assert "Looking for the daemon" in text(START)


def test_q_ends_it() -> None:
    assert ordered(SHOWN, "q") == (Quit(),)
    assert ordered(SHOWN, "quit") == (Quit(),)
    assert ordered(SHOWN, "escape") == ()


def test_the_selected_row_is_always_on_the_screen() -> None:
    many = board_of(STATUS, {}, [job(n) for n in range(100, 190)], AGENTS, NOW)
    state = after(State(80, 16, NOW), Seen(many))
    for keys in ("j" * 40, "G", "\x1b[5~", "k" * 30, "g"):
        state = pressed(state, keys)
        row = selected_row(state)
        assert row is not None
        assert row.id in text(state)
    state = pressed(state, "G")
    assert state.selected in text(after(state, Resized(60, 9)))


def test_a_selection_is_seen_without_colours() -> None:
    lines = [painted(line, Screen(100, color=False, now=NOW)) for line in view(SHOWN)]
    assert [line for line in lines if "\x1b[7m" in line and "j1bb" in line]


KEYS = st.sampled_from([*NAMES.values(), *"jkgGrcplq/?yn", "é", "漢"])
EVENTS = st.one_of(
    KEYS.map(Key),
    st.sampled_from([Seen(BOARD), Seen(replace(BOARD, rows=())), Away("gone"), Told("\x1b[2J")]),
    st.builds(Resized, st.integers(1, 200), st.integers(1, 60)),
    st.builds(LogRead, st.sampled_from(["j1bb", "j2bb"]), st.lists(st.text()).map(tuple)),
    st.builds(Paged, st.text(), st.lists(st.text(), max_size=70).map(tuple)),
    st.just(Ticked(NOW + 5)),
)


@given(st.lists(EVENTS, max_size=25))
def test_whatever_happens_the_screen_has_its_size_and_nothing_steers_the_terminal(
    events: list[Event],
) -> None:
    state = after(START, *events)
    lines = view(state)
    assert len(lines) == state.lines
    assert all(display_width(plain(line)) <= state.columns for line in lines)
    assert not {"\x1b", "\n", "\r"} & set("".join(map(plain, lines)))
    assert state.selected == "" or selected_row(state) is not None
    assert list_height(state) >= 1


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (b"jk", ["j", "k"]),
        (b"\x1b[A\x1bOB\x1b[5~", ["up", "down", "page_up"]),
        (b"\x1b", ["escape"]),
        (b"\x1bq", ["escape", "q"]),
        (b"\x1b[1;5Cj", ["j"]),
        (b"\x1b[200~", []),
        ("é漢".encode(), ["é", "漢"]),
        (b"\xff\x01x", ["x"]),
        (b"\r\x7f\x04", ["enter", "backspace", "quit"]),
    ],
)
def test_keys_are_what_a_terminal_sends_for_them(typed: bytes, keys: list[str]) -> None:
    assert keys_of(typed) == keys


@given(st.binary(max_size=40))
def test_any_bytes_are_read_to_their_end(typed: bytes) -> None:
    assert all(keys_of(typed))


def test_output_is_shown_without_colours_and_a_line_by_its_last_state() -> None:
    raw = b"\x1b[32mok\x1b[0m\n10%\r20%\r30%\r\nend\n"
    assert readable(raw) == ("ok", "30%", "end")
    assert readable(b"") == ()
