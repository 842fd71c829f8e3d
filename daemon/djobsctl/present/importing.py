"""What ``djobsctl import`` shows: usual places, and sources with what comes over."""

from typing import Any

from djobsctl.present.screen import Screen
from djobsctl.present.table import Column, cut, table
from djobsctl.present.text import plural, safe

NAMED_MAX = 10
"""Rows of a list that is only to give an idea; --json has them all."""
_LEFT = {
    "deferred": "deferred (--with-deferred)",
    "done": "done (--with-done)",
    "failed": "failed (--with-done)",
    "cancelled": "cancelled (--with-done)",
}


def places(found: list[dict[str, Any]], screen: Screen) -> str:
    """Return a table of the usual places where something is."""
    if not found:
        return (
            "In the usual places there is nothing to import. "
            "`djobsctl import PATH` reads a file, a folder or a project."
        )
    columns = [
        *(Column("KIND"), Column("TO DO", right=True), Column("ALL", right=True)),
        Column("PATH", flexible=True),
    ]
    rows = [[each["kind"], str(each["to_do"]), str(each["items"]), each["path"]] for each in found]
    return f"{table(columns, rows, screen)}\n`djobsctl import PATH` shows what would come over."


def sources(document: dict[str, Any], screen: Screen) -> str:
    """Return a paragraph for each source, and what to do next."""
    applied = document["applied"]
    parts = [_source(each, screen, applied=applied) for each in document["sources"]]
    return "\n\n".join([*parts, _next(document)])


def _source(source: dict[str, Any], screen: Screen, *, applied: bool) -> str:
    lines = [screen.paint(safe(f"{source['kind']}  {source['path']}{_part(source)}"), "bold")]
    if source["refused"]:
        return "\n".join([*lines, *_problems(source, screen)])
    lines += _coming(source, screen, applied=applied)
    if source["here"]:
        where = f", in {', '.join(source['elsewhere'])}" if source["elsewhere"] else ""
        lines.append(safe(f"  {plural(source['here'], 'job')} of it here already{where}"))
    lines += [safe(f"  {note}") for note in source["notes"]]
    for standing, count in source["left"].items():
        lines.append(f"  {count} left there: {_LEFT[standing]}")
    for what, count in source["passed_over"].items():
        lines.append(f"  {count} passed over: {what}")
    for each in source["changed"]:
        lines.append(safe(f"  {each['job_id']} ({each['id']}, {each['state']}): {each['what']}"))
    if source.get("redacted"):
        lines.append(f"  {plural(source['redacted'], 'secret')} replaced before storing")
    lines += _problems(source, screen)
    return "\n".join(lines)


def _coming(source: dict[str, Any], screen: Screen, *, applied: bool) -> list[str]:
    new = source["new"]
    if not new:
        return ["  nothing new"]
    verb = "came over" if applied else "would come over"
    lines = [f"  {plural(len(new), 'job')} {verb}, into {_into(source['places'])}:"]
    width = screen.width - 4 if screen.width else None
    for each in new[:NAMED_MAX]:
        name = each.get("job_id") or each["id"]
        line = safe(f"{name}  {each['state']}  {each['type']}  {each['title']}")
        lines.append(f"    {cut(line, width) if width else line}")
    if len(new) > NAMED_MAX:
        lines.append(f"    ... and {len(new) - NAMED_MAX} more")
    if source["brought_along"]:
        along = source["brought_along"]
        lines.append(f"  {along} of these only because others wait for it, as it stands")
    return lines


def _part(source: dict[str, Any]) -> str:
    return f"  ({source['part']})" if source["part"] else ""


def _into(found: list[dict[str, str]]) -> str:
    names = list(dict.fromkeys(each["workflow"] for each in found))
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return safe(", ".join(names[:3])) + rest


def _problems(source: dict[str, Any], screen: Screen) -> list[str]:
    refused = source["refused"]
    lines = [screen.paint("  nothing of it comes over:", "red")] if refused else []
    for each in source["problems"][:NAMED_MAX]:
        where = each["path"] if each["line"] is None else f"{each['path']}:{each['line']}"
        told = safe(f"{where}: {each['what']} {_remedy(each, refused=refused)}".rstrip())
        lines.append(f"  {screen.paint('!', 'red')} {told}")
    more = len(source["problems"]) - NAMED_MAX
    return [*lines, f"  ! ... and {more} more (--json has all)"] if more > 0 else lines


def _remedy(problem: dict[str, Any], *, refused: bool) -> str:
    if not problem["left_out"]:
        return ""
    verb = "--skip-bad leaves out" if refused else "Left out:"
    return f"{verb} {problem['left_out']}."


def _next(document: dict[str, Any]) -> str:
    found = document["sources"]
    new = sum(len(each["new"]) for each in found if not each["refused"])
    lines = []
    if not document["applied"]:
        lines.append("Nothing was recorded. Add --apply to do it." if new else "Nothing to record.")
    if any(each["changed"] for each in found):
        lines.append(
            "What changed there stays as it is here: "
            "`djobsctl skip`, `cancel` and `amend` bring it up to date."
        )
    wrong = [each for source in found if source["refused"] for each in source["problems"]]
    if any(each["left_out"] for each in wrong):
        lines.append("Mend what is wrong at its source, or add --skip-bad.")
    return "\n".join(lines) or "Nothing was altered at the source."
