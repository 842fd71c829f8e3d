"""From a state and what happens to the next state, and to what is to be done. Pure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from djobsctl.top.layout import list_height, page_height, visible
from djobsctl.top.model import (
    Act,
    Away,
    Event,
    Key,
    LogRead,
    Open,
    Order,
    Paged,
    Quit,
    ReadLog,
    Resized,
    Row,
    Seen,
    State,
    Ticked,
    Told,
)

Next = tuple[State, tuple[Order, ...]]

FILTER_CHARS_MAX: Final = 60
HELP: Final = (
    "  j k arrows      up and down, PgUp PgDn, g first, G last",
    "  /               filter: id, type, state, who, words; Enter keeps it, Esc ends it",
    "  Enter           all of the job, and why it is not running",
    "  l               what it printed, as it comes",
    "  r               retry what has ended",
    "  c               cancel it, after a question",
    "  p               hold it still, or let it go on",
    "  q Esc           back, and out",
)


def update(state: State, event: Event) -> Next:
    """Return the next state, and what is to be done."""
    match event:
        case Key(name):
            return _KEYS[state.mode](replace(state, message="", is_bad=False), name)
        case Seen(board):
            place = _place(state)
            return _selected_again(replace(state, board=board, away=""), place)
        case Away(reason):
            return replace(state, away=reason), ()
        case LogRead(job_id, lines):
            return _read(state, job_id, lines), ()
        case Paged(title, lines):
            page = replace(state, mode="page", page_title=title, page=lines, page_top=0)
            return replace(page, is_log_page=False), ()
        case Told(text, is_bad):
            return replace(state, message=text, is_bad=is_bad), ()
        case Ticked(now):
            return replace(state, now=now), ()
        case Resized(columns, lines):
            return _selected_again(replace(state, columns=columns, lines=lines))


def selected_row(state: State) -> Row | None:
    """Return the job that keys are about."""
    return next((row for row in visible(state) if row.id == state.selected), None)


def _selected_again(state: State, place: int = 0) -> Next:
    """Keep the selection on its job or, where that is gone, on what took its place."""
    rows = visible(state)
    ids = [row.id for row in rows]
    if not rows:
        return replace(state, selected="", top_row=0, log_of="", log=()), ()
    return _select(state, ids.index(state.selected) if state.selected in ids else place)


def _select(state: State, place: int) -> Next:
    rows = visible(state)
    if not rows:
        return state, ()
    place = max(0, min(place, len(rows) - 1))
    height = list_height(state)
    top = min(max(state.top_row, place - height + 1, 0), place, max(0, len(rows) - 1))
    chosen = rows[place].id
    orders: tuple[Order, ...] = (ReadLog(chosen),)
    if chosen != state.log_of:
        return replace(state, selected=chosen, top_row=top, log_of=chosen, log=()), orders
    moved = replace(state, selected=chosen, top_row=top)
    return moved, orders if rows[place].state == "running" else ()


def _read(state: State, job_id: str, lines: tuple[str, ...]) -> State:
    if job_id != state.log_of:
        return state
    state = replace(state, log=lines)
    if state.mode != "page" or not state.is_log_page:
        return state
    was_at_end = state.page_top >= len(state.page) - page_height(state)
    end = max(0, len(lines) - page_height(state))
    return replace(state, page=lines, page_top=end if was_at_end else state.page_top)


# Keys


def _in_list(state: State, key: str) -> Next:
    if key in _MOVES:
        return _select(state, _MOVES[key](state, _place(state)))
    match key:
        case "q" | "quit":
            return state, (Quit(),)
        case "escape":
            return _selected_again(replace(state, filter="")) if state.filter else (state, ())
        case "/":
            return replace(state, mode="filter"), ()
        case "?" | "h":
            return update(state, Paged("Keys", HELP))
        case _:
            row = selected_row(state)
            return (state, ()) if row is None else _about(state, row, key)


def _about(state: State, row: Row, key: str) -> Next:
    match key:
        case "enter":
            return state, (Open(row.id),)
        case "l":
            title = f"What {row.id} printed"
            log = replace(state, mode="page", page_title=title, page=state.log, is_log_page=True)
            return replace(log, page_top=max(0, len(log.page) - page_height(log))), (
                ReadLog(row.id),
            )
        case "r" if row.is_open:
            return replace(state, message=f"{row.id} has not ended.", is_bad=True), ()
        case "r":
            return state, (Act("retry", row.id),)
        case "c" if row.is_open:
            return replace(state, mode="confirm", asked_about=row.id), ()
        case "c":
            return replace(state, message=f"{row.id} has ended already.", is_bad=True), ()
        case "p" if row.is_open:
            return state, (Act("resume" if row.paused else "pause", row.id),)
        case "p":
            return replace(state, message=f"{row.id} has ended already.", is_bad=True), ()
        case _:
            return state, ()


def _in_filter(state: State, key: str) -> Next:
    match key:
        case "enter":
            return replace(state, mode="list"), ()
        case "escape":
            return _selected_again(replace(state, mode="list", filter=""))
        case "backspace":
            return _selected_again(replace(state, filter=state.filter[:-1]))
        case "clear":
            return _selected_again(replace(state, filter=""))
        case "up" | "down":
            return _in_list(replace(state, mode="list"), key)
        case _ if len(key) == 1 and len(state.filter) < FILTER_CHARS_MAX:
            return _selected_again(replace(state, filter=state.filter + key))
        case _:
            return state, ()


def _in_confirm(state: State, key: str) -> Next:
    state = replace(state, mode="list")
    if key not in ("y", "Y"):
        return replace(state, message="Nothing was cancelled."), ()
    return state, (Act("cancel", state.asked_about),)


def _in_page(state: State, key: str) -> Next:
    if key in ("q", "escape", "enter", "quit"):
        return replace(state, mode="list", page=(), is_log_page=False), ()
    if key in _MOVES:
        height = page_height(state)
        last = max(0, len(state.page) - height)
        return replace(state, page_top=_scroll(key, state.page_top, height, last)), ()
    return state, ()


def _scroll(key: str, top: int, height: int, last: int) -> int:
    steps = {"j": 1, "down": 1, "k": -1, "up": -1, "page_down": height, "page_up": -height}
    if key in ("g", "home"):
        return 0
    if key in ("G", "end"):
        return last
    return max(0, min(last, top + steps[key]))


def _place(state: State) -> int:
    ids = [row.id for row in visible(state)]
    return ids.index(state.selected) if state.selected in ids else 0


_MOVES: Final[dict[str, Callable[[State, int], int]]] = {
    "j": lambda _, place: place + 1,
    "down": lambda _, place: place + 1,
    "k": lambda _, place: place - 1,
    "up": lambda _, place: place - 1,
    "page_down": lambda state, place: place + list_height(state),
    "page_up": lambda state, place: place - list_height(state),
    "g": lambda _, __: 0,
    "home": lambda _, __: 0,
    "G": lambda state, _: len(visible(state)) - 1,
    "end": lambda state, _: len(visible(state)) - 1,
}
_KEYS: Final[dict[str, Callable[[State, str], Next]]] = {
    "list": _in_list,
    "filter": _in_filter,
    "confirm": _in_confirm,
    "page": _in_page,
}
