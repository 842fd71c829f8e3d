"""Argument types that several commands share."""

import os

from djobs_protocol.limits import (
    CORRELATION_CHARS_MAX,
    CURSOR_CHARS_MAX,
    JOB_ID_CHARS_MAX,
    NAME_CHARS_MAX,
    PAGE_ITEMS_MAX,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def page_size(text: str) -> int:
    """Return a number of rows, at least 1. Larger than a page means more pages."""
    return _number(text, "a number of rows", 1)


def seconds(text: str) -> float:
    """Return a length of time in seconds, above zero."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise _wrong(f"{text!r} is not a number of seconds above 0")
    return value


def priority(text: str) -> int:
    """Return a priority."""
    if not text.isdecimal() or not 1 <= int(text) <= 10:
        raise _wrong(f"{text!r} is no priority; they go from 1 (first) to 10")
    return int(text)


def attempts(text: str) -> int:
    """Return a number of attempts, 1 or more."""
    return _number(text, "a number of attempts", 1)


def attempt(text: str) -> int:
    """Return which attempt is meant, 1 for the first."""
    return _number(text, "the number of an attempt", 1)


def size(text: str) -> int:
    """Return a number of bytes, 1 or more."""
    return _number(text, "a number of bytes", 1)


def amount(text: str) -> int:
    """Return a number of jobs, 1 or more."""
    return _number(text, "a number of jobs", 1)


def revision(text: str) -> int:
    """Return a job's revision, 1 or more."""
    return _number(text, "a revision", 1)


def generation(text: str) -> int:
    """Return the number of a claim, 1 or more."""
    return _number(text, "the number of a claim", 1)


def offset(text: str) -> int:
    """Return a place in the history, 0 or more."""
    return _number(text, "an offset", 0)


def count(text: str) -> int:
    """Return a number of lines, 0 or more."""
    return _number(text, "a number of lines", 0)


def within_a_page(text: str) -> int:
    """Return a number of rows that one reply can hold."""
    if page_size(text) > PAGE_ITEMS_MAX:
        raise _wrong(f"{text} is over {PAGE_ITEMS_MAX}, the most there are at once")
    return int(text)


def job_id(text: str) -> str:
    """Return an id of a job as far as its form can tell."""
    if not 0 < len(text) <= JOB_ID_CHARS_MAX:
        raise _wrong(f"{text!r} is no id of a job; `djobsctl list` shows them")
    return text


def type_name(text: str) -> str:
    """Return the name of a type of jobs."""
    if not 0 < len(text) <= NAME_CHARS_MAX:
        raise _wrong(f"a type has 1 to {NAME_CHARS_MAX} characters")
    return text


def key_name(text: str) -> str:
    """Return a key that names a job, or what a job needs."""
    return _label(text, "a key")


def schedule_name(text: str) -> str:
    """Return the name of a schedule."""
    return _label(text, "a schedule's name")


def agent_name(text: str) -> str:
    """Return the name of an agent."""
    return _label(text, "an agent's name")


def capability(text: str) -> str:
    """Return a word for something that an agent can do."""
    return _label(text, "a capability")


def session_name(text: str) -> str:
    """Return the id of a session."""
    return _label(text, "a session's id")


def cursor(text: str) -> str:
    """Return a place in a list, which only the daemon understands."""
    if not 0 < len(text) <= CURSOR_CHARS_MAX:
        raise _wrong(f"{text!r} is no `next_cursor`")
    return text


def correlation(text: str) -> str:
    """Return the name of a workflow."""
    if not 0 < len(text) <= CORRELATION_CHARS_MAX:
        raise _wrong(
            f"a workflow's name has 1 to {CORRELATION_CHARS_MAX} characters; "
            "leave the option out to see all workflows"
        )
    return text


def folder(text: str) -> str:
    """Return a folder's path without symbolic links, as agents record it.

    By its bytes, because Python finds no path with other letters under an ASCII locale.
    """
    if not text:
        raise _wrong("an empty text is no folder; `.` is the current one")
    try:
        return correlation(os.path.realpath(text.encode()).decode())
    except UnicodeDecodeError:
        raise _wrong(f"{text!r} leads to a folder whose name is not UTF-8") from None


def add_paging(parser: "argparse.ArgumentParser", default: int, note: str = "") -> None:
    """Add how many rows of a list to show, and from where; ``note`` says when that counts."""
    parser.add_argument("--limit", type=page_size, help=f"at most this many ({default}){note}")
    parser.add_argument("--all-pages", action="store_true", help=f"all of them{note}")
    parser.add_argument(
        "--cursor",
        type=cursor,
        metavar="CURSOR",
        help=f"go on where a `next_cursor` of --json says{note}",
    )


def page(args: "argparse.Namespace", default: int) -> "tuple[dict[str, str], int | None]":
    """Return the params that say where to begin, and how many rows to read (None: all)."""
    begin = {} if args.cursor is None else {"cursor": args.cursor}
    return begin, None if args.all_pages else args.limit or default


def add_watch(parser: "argparse.ArgumentParser") -> None:
    """Add the option that keeps the answer on the screen, and up to date."""
    parser.add_argument(
        "-w", "--watch", action="store_true", help="keep it on the screen, and up to date"
    )


def add_workflow(parser: "argparse.ArgumentParser") -> None:
    """Add the two ways to name a workflow; together they exclude each other."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--correlation", metavar="ID", type=correlation, help="only this workflow")
    group.add_argument(
        "--workspace",
        metavar="DIR",
        type=folder,
        help="only the workflow of this folder, which is what agents there use by default",
    )


def add_ended_states(parser: "argparse.ArgumentParser", note: str = "") -> None:
    """Add which ended jobs are meant, by how they ended."""
    from djobs_protocol.states import TERMINAL_STATES, JobState

    ended = [str(state) for state in JobState if state in TERMINAL_STATES]
    parser.add_argument(
        "--state",
        action="append",
        default=[],
        choices=ended,
        metavar="STATE",
        help=f"only jobs that ended so; may be repeated: {', '.join(ended)}{note}",
    )


def add_kinds(parser: "argparse._ActionsContainer", name: str, note: str) -> None:
    """Add which kinds of events are meant."""
    from djobs_protocol.states import EventKind

    parser.add_argument(
        name,
        action="append",
        default=[],
        choices=[str(kind) for kind in EventKind],
        metavar="KIND",
        help=note,
    )


def add_timeout(parser: "argparse.ArgumentParser", default: float, what: str) -> None:
    """Add how long something may take, which ``what`` says."""
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=default,
        metavar="SECONDS",
        help=f"{what} (%(default)g)",
    )


def workflow(args: "argparse.Namespace") -> str | None:
    """Return the correlation_id that was asked for."""
    chosen: str | None = args.correlation or args.workspace
    return chosen


def _label(text: str, what: str) -> str:
    if not 0 < len(text) <= NAME_CHARS_MAX:
        raise _wrong(f"{what} has 1 to {NAME_CHARS_MAX} characters")
    return text


def _number(text: str, what: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise _wrong(f"{text!r} is not {what}, {least} or more")
    return int(text)


def _wrong(message: str) -> Exception:
    from argparse import ArgumentTypeError  # loaded by whoever parses; not needed where nobody does

    return ArgumentTypeError(message)
