"""From a state to lines with styles, each of which fits the screen. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from djobsctl.present.jobs import STATE_STYLES
from djobsctl.present.overview import WAITS
from djobsctl.present.screen import Screen
from djobsctl.present.table import Cell, Column, cut, display_width, fit
from djobsctl.present.text import ago, moment, plural, safe, span
from djobsctl.top.layout import list_height, log_height, page_height, visible
from djobsctl.top.model import Row, State

COLUMNS: Final = (
    Column("ID"),
    Column("STATE", columns_max=15),
    Column("TYPE", flexible=True, columns_max=14),
    Column("AGE", right=True),
    Column("WHO", flexible=True, columns_max=14),
    Column("LEASE", right=True),
    Column("NOTES", flexible=True, columns_max=22),
    Column("WHAT", flexible=True),
)
KEYS: Final = "j/k move  / filter  Enter open  l log  r retry  c cancel  p pause  ? keys  q quit"
REVERSE: Final = "reverse"


class Segment(NamedTuple):
    """Some text in one style."""

    text: str
    style: str = ""


Line = tuple[Segment, ...]


def view(state: State) -> list[Line]:
    """Return the whole screen, a line for each of its lines."""
    body = _page(state) if state.mode == "page" else _list(state)
    lines = [*body, *[()] * (state.lines - 1 - len(body))][: max(0, state.lines - 1)]
    return [*(_cut(line, state.columns) for line in lines), _cut(_bottom(state), state.columns)]


def plain(line: Line) -> str:
    """Return a line without its styles."""
    return "".join(segment.text for segment in line)


def painted(line: Line, screen: Screen) -> str:
    """Return a line as a terminal takes it; a selection is seen without colours, too."""
    return "".join(
        f"\x1b[7m{segment.text}\x1b[0m"
        if segment.style == REVERSE
        else screen.paint(segment.text, segment.style)
        for segment in line
    )


def _list(state: State) -> list[Line]:
    rows = visible(state)[state.top_row : state.top_row + list_height(state)]
    table = _table([_cells(row, state.now) for row in rows], state.columns)
    shown: list[Line] = [table[0]]
    for row, line in zip(rows, table[1:], strict=True):
        is_here = row.id == state.selected
        shown.append((Segment(plain(line).ljust(state.columns), REVERSE),) if is_here else line)
    if not rows:
        text = f"No job matches {state.filter!r}." if state.filter else "No jobs."
        shown.append((Segment(text, "dim"),))
    blank: list[Line] = [()] * (list_height(state) + 1 - len(shown))
    return [*_head(state), *shown, *blank, *_log(state)]


def _head(state: State) -> list[Line]:
    status = state.board.status
    if not status:
        return [(Segment(f"djobs: {safe(state.away)}", "yellow"),), (), ()]
    return [_daemon(state), _waiting(state), _people(state)]


def _daemon(state: State) -> Line:
    status, counts = state.board.status, state.board.overview.get("counts", {})
    phase = str(status["phase"])
    style = {"serving": "green", "degraded": "red"}.get(phase, "yellow")
    executors = status.get("executors") or {}
    failed = counts.get("failed", 0) + counts.get("dead_lettered", 0)
    parts = [
        Segment(f"  runs {counts.get('running', 0)}"),
        Segment(f"  executors {executors.get('running', 0)}/{executors.get('at_most', 0)}"),
        Segment(f"  waits {counts.get('pending', 0) + counts.get('retry_scheduled', 0)}"),
        Segment(f"  failed {failed}", "red" if failed else ""),
        Segment(f"  ${status.get('cost_today_usd', 0):,.2f} today"),
    ]
    if status.get("over_budget"):
        parts.append(Segment(f"  {status['over_budget']} ask for money", "red"))
    head = Segment(f"djobs {status['build']} ", "bold"), Segment(phase, style)
    if state.away:
        return (*head, Segment(f"  {safe(state.away)}", "yellow"), *parts)
    since = f" {ago(status['started_at'], state.now)}"
    return (*head, Segment(since, "dim"), *parts)


def _waiting(state: State) -> Line:
    problems = state.board.status.get("problems", [])
    if problems:
        return (Segment(safe(f"problem: {problems[0]}"), "red"),)
    parts = [Segment("waits: ", "dim")]
    for each in state.board.overview.get("waiting", []):
        word, style = WAITS.get(each["kind"], (str(each["kind"]), ""))
        parts += [Segment(f"{each['jobs']} {word}", style), Segment("  ")]
    pauses = state.board.status.get("pauses", [])
    for each in pauses:
        what = " ".join(filter(None, (each["scope"], each.get("subject"))))
        parts.append(Segment(safe(f"paused: {what}  "), "yellow"))
    return tuple(parts) if len(parts) > 1 else (Segment("nothing waits", "dim"),)


def _people(state: State) -> Line:
    parts = [Segment("agents: ", "dim")]
    for each in state.board.agents:
        online = each["status"] == "online"
        seen = "" if online else f" {ago(each['seen_at'], state.now)}"
        parts.append(Segment(safe(f"{each['id']}{seen}  "), "green" if online else "dim"))
    clients = len(state.board.status.get("connections", []))
    parts.append(Segment(plural(clients, "client"), "dim"))
    held_up = (state.board.status.get("executors") or {}).get("held_up_by")
    return (*parts, Segment(f"  {safe(held_up)}", "yellow")) if held_up else tuple(parts)


def _cells(row: Row, now: float) -> list[Cell]:
    lease = moment(row.lease_expires_at)
    since = moment(row.since)
    return [
        Cell(row.id, "bold" if row.state == "running" else ""),
        Cell(row.state, STATE_STYLES.get(row.state, "")),
        Cell(row.type),
        Cell(span(now - since.timestamp()) if since else "-"),
        Cell(row.who),
        Cell(span(lease.timestamp() - now) if lease else ""),
        Cell(row.notes, "yellow"),
        Cell(row.what),
    ]


def _table(rows: Sequence[Sequence[Cell]], columns: int) -> list[Line]:
    found = [[Cell(safe(cell.text), cell.style) for cell in row] for row in rows]
    used = [
        index
        for index, column in enumerate(COLUMNS)
        if column.title in ("ID", "WHAT") or any(row[index].text for row in found)
    ]
    kept = [COLUMNS[index] for index in used]
    lines = [[Cell(column.title, "bold") for column in kept]]
    lines += [[row[index] for index in used] for row in found]
    widths = [max(display_width(line[i].text) for line in lines) for i in range(len(kept))]
    most = [min(w, column.columns_max or w) for w, column in zip(widths, kept, strict=True)]
    return [_table_line(line, kept, fit(most, kept, columns)) for line in lines]


def _table_line(cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int]) -> Line:
    parts: list[Segment] = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        text = cut(cell.text, width)
        room = " " * (width - display_width(text))
        parts += (
            [Segment(room), Segment(text, cell.style)]
            if column.right
            else [
                Segment(text, cell.style),
                Segment(room),
            ]
        )
        parts.append(Segment("  "))
    return tuple(parts)


def _log(state: State) -> list[Line]:
    height = log_height(state)
    if not height:
        return []
    title = f"── {state.selected} printed " if state.selected else "── "
    rule: Line = (Segment(title + "─" * max(0, state.columns - len(title)), "dim"),)
    lines = state.log[-(height - 1) :] if height > 1 else ()
    shown = [(Segment(safe(line)),) for line in lines] or [(Segment("nothing yet", "dim"),)]
    return [rule, *shown][:height]


def _page(state: State) -> list[Line]:
    end = state.page_top + page_height(state)
    lines = [(Segment(safe(line)),) for line in state.page[state.page_top : end]]
    return [(Segment(safe(state.page_title), "bold"),), *lines]


def _bottom(state: State) -> Line:
    if state.mode == "filter":
        return (Segment("/", "bold"), Segment(safe(state.filter)), Segment("▏"))
    if state.mode == "confirm":
        return (Segment(f"Cancel {state.asked_about}? y / n", "red"),)
    if state.message:
        return (Segment(safe(state.message), "red" if state.is_bad else "green"),)
    if state.mode == "page":
        return (Segment("j/k scroll  g/G ends  q back", "dim"), *_position(state))
    if state.filter:
        told = f"/{safe(state.filter)}: {len(visible(state))} of {len(state.board.rows)}  "
        return (Segment(told, "yellow"), Segment(KEYS, "dim"))
    return (Segment(KEYS, "dim"),)


def _position(state: State) -> Line:
    last = min(len(state.page), state.page_top + page_height(state))
    return (Segment(f"  {last} of {len(state.page)}", "dim"),)


def _cut(line: Line, columns: int) -> Line:
    """Return as much of a line as there is room for."""
    kept: list[Segment] = []
    room = columns
    for segment in line:
        width = display_width(segment.text)
        if width > room:
            kept.append(Segment(cut(segment.text, room) if room > 0 else "", segment.style))
            break
        kept.append(segment)
        room -= width
    return tuple(kept)
