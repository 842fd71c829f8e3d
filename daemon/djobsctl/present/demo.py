"""The end of the demo: who did what, a few lines of history, the counts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from djobsctl.present.jobs import SESSION_COLUMNS_MAX, event_table
from djobsctl.present.screen import Screen
from djobsctl.present.table import Cell, Column, table
from djobsctl.present.text import plural, safe

COLUMNS: Final = (
    Column("SESSION", columns_max=SESSION_COLUMNS_MAX + len("1: ")),
    Column("RECORDED", right=True),
    Column("COMPLETED", right=True),
    Column("FIRST", flexible=True),
    Column("LAST", flexible=True),
    Column("ENDED BY"),
)
EVENTS_AROUND_KILL: Final = 2


def demo_report(document: Mapping[str, Any], screen: Screen) -> str:
    """Return the closing page."""
    counts = document["counts"]
    return "\n".join(
        [
            "",
            session_table(document, screen),
            "",
            event_table(turning_points(document["events"]), screen),
            "",
            _in_flight(document["in_flight"]),
            "",
            "  ".join(
                _count(name, counts[key], wanted, screen)
                for name, key, wanted in (
                    ("enqueued", "enqueued", None),
                    ("completed before the kill", "completed_before_kill", None),
                    ("recovered", "recovered", None),
                    ("lost", "lost", 0),
                    ("doubled", "doubled", 0),
                )
            ),
            _verdict(document, screen),
            *_look_around(document),
        ]
    )


def session_table(document: Mapping[str, Any], screen: Screen) -> str:
    """Return one row per session."""
    rows: list[list[str | Cell]] = []
    for number, ended in ((1, Cell("SIGKILL", "red")), (2, Cell("itself", "green"))):
        files = [task["file"] for task in document["tasks"] if task["session"] == number]
        recorded = document["counts"]["enqueued"] if number == 1 else 0
        rows.append(
            [
                f"{number}: {_session_id(document['events'], number)}",
                str(recorded),
                str(len(files)),
                *([files[0], files[-1]] if files else ["", ""]),
                ended,
            ]
        )
    return table(COLUMNS, rows, screen)


def turning_points(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first and last event and those around the kill, where the session changes."""
    change = next(
        (i for i, event in enumerate(events) if event["session"] != events[0]["session"]),
        len(events),
    )
    around = range(change - EVENTS_AROUND_KILL, change + EVENTS_AROUND_KILL)
    chosen = {0, *around, len(events) - 1}
    return [events[index] for index in sorted(chosen) if 0 <= index < len(events)]


def _session_id(events: Sequence[Mapping[str, Any]], number: int) -> str:
    sessions = list(dict.fromkeys(str(event["session"]) for event in events))
    return sessions[number - 1] if len(sessions) >= number else "-"


def _in_flight(in_flight: Mapping[str, Any]) -> str:
    file = safe(in_flight["file"])
    if in_flight["was_written"]:
        return f"The report on {file}, under way at the kill, was on disk: nobody did it again."
    return f"The report on {file}, under way at the kill, never arrived: session 2 did that one."


def _count(name: str, count: int, wanted: int | None, screen: Screen) -> str:
    style = "bold" if wanted is None else "green" if count == wanted else "red"
    return f"{name} {screen.paint(str(count), style)}"


def _verdict(document: Mapping[str, Any], screen: Screen) -> str:
    if document["held"]:
        checked = f"{plural(len(document['tasks']), 'result')} and the database checked"
        return f"{screen.paint('All promises held', 'green')}, {checked}, {document['seconds']} s."
    return screen.paint("BROKEN: " + "; ".join(document["broken_promises"]), "red")


def _look_around(document: Mapping[str, Any]) -> list[str]:
    if not document["kept"]:
        return []
    home = document["home"]
    return [
        "",
        f"Kept in {home}. Look around:",
        f"  DJOBS_HOME={home} djobsctl list",
        f"  DJOBS_HOME={home} djobsctl audit --detail",
        f"  DJOBS_HOME={home} djobsctl stop && rm -r {home}",
    ]
