"""A report as Markdown that can be pasted as it is. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from djobsctl.present.jobs import workflow_name
from djobsctl.present.text import clock, plural, safe, span

TEXT_CHARS: Final = 160
JOBS_SHOWN: Final = 20
"""Of each kind in a workflow; the rest is counted."""
MODELS_SHOWN: Final = 20
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")


def markdown(report: Mapping[str, Any], now: float) -> str:
    """Return the report; texts of agents cannot be links, code or tables of it."""
    parts = [
        f"## What my agents did\n\n{_span(report, now)}\n\n**{_totals(report)}**",
        _needs(report["needs"]),
        *(_workflow(each) for each in report["workflows"]),
        _agents(report["agents"]),
        _cost(report),
    ]
    if not report["workflows"]:
        parts.insert(1, "Nothing ended in this time, and nothing runs.")
    if report["left_out"]:
        parts.append(f"{report['left_out']:,} older events of this time were not read.")
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str, chars: int = TEXT_CHARS) -> str:
    """Return text on one line, shortened, that Markdown shows as it is."""
    line = safe(" ".join(text.split()))
    line = line if len(line) <= chars else line[: chars - 1] + "…"
    return _SPECIAL.sub(r"\\\1", line)


def code(text: str) -> str:
    """Return text as code, whatever it holds."""
    line = safe(" ".join(text.split()))
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if "`" in line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _span(report: Mapping[str, Any], now: float) -> str:
    where = f", in {code(report['workspace'])}" if report["workspace"] else ""
    return f"From {clock(report['since'], now)} to {clock(report['until'], now)}{where}."


def _totals(report: Mapping[str, Any]) -> str:
    totals = report["totals"]
    parts = [f"{totals['done']} done", f"{totals['failed']} failed"]
    if totals["given_up"]:
        parts.append(f"{totals['given_up']} cancelled or stopped")
    parts.append(f"{totals['running']} in work")
    if totals["waiting"] is not None:
        parts.append(f"{totals['waiting']} waiting")
    parts.append(f"{span(totals['seconds'])} of work")
    return ", ".join([*parts, _money(report["cost_usd"], unpriced=report["unpriced"])]) + "."


def _money(usd: float, *, unpriced: bool) -> str:
    return f"${usd:,.2f}" + (" and more that has no known price" if unpriced else "")


def _needs(needs: Sequence[Mapping[str, str]]) -> str:
    if not needs:
        return ""
    lines = [
        f"* {code(each['id'])} {escaped(each['text'])} → {code(each['next'])}" for each in needs
    ]
    return "\n".join(["### Needs a human", "", *_some(lines)])


def _workflow(group: Mapping[str, Any]) -> str:
    name = workflow_name(group["correlation_id"])
    where = f" ({code(group['correlation_id'])})" if name != group["correlation_id"] else ""
    lines = [f"### {escaped(name)}{where}", ""]
    lines += _some([f"* [x] {_line(job)}" for job in group["done"]])
    lines += _some([f"* [ ] {_line(job)}" for job in group["failed"]])
    lines += _some([f"* [ ] {_line(job)}" for job in group["running"]])
    if group["given_up"]:
        lines.append(f"* {plural(len(group['given_up']), 'job')} cancelled or stopped")
    return "\n".join(lines)


def _line(job: Mapping[str, Any]) -> str:
    about = escaped(job["what"]) or escaped(job["type"])
    facts = [escaped(job["agent"])]
    if job["seconds"] is not None:
        facts.append(span(job["seconds"]))
    if job["attempts"] > 1:
        facts.append(f"{job['attempts']} attempts")
    if job["verified"]:
        facts.append("verified")
    said = {"running": "in work"}.get(job["state"], "")
    if job["error"]:
        said = f"{job['state'].replace('_', ' ')}: {escaped(job['error'])}"
    elif job["evidence"]:
        said = escaped(job["evidence"])
    elif job["state"] == "skipped":
        said = "skipped"
    return f"{code(job['id'])} {about} ({', '.join(facts)})" + (f": {said}" if said else "")


def _some(lines: list[str]) -> list[str]:
    if len(lines) <= JOBS_SHOWN:
        return lines
    return [*lines[:JOBS_SHOWN], f"* … and {len(lines) - JOBS_SHOWN} more"]


def _agents(agents: Sequence[Mapping[str, Any]]) -> str:
    if not agents:
        return ""
    head = ["### Agents", "", "| agent | done | failed | in work | time |", "|---|--:|--:|--:|--:|"]
    return "\n".join(
        [
            *head,
            *(
                f"| {escaped(each['agent'])} | {each['done']} | {each['failed']} "
                f"| {each['running']} | {span(each['seconds'])} |"
                for each in agents
            ),
        ]
    )


def _cost(report: Mapping[str, Any]) -> str:
    models = report["models"]
    if not models:
        return ""
    head = [
        "### Cost",
        "",
        "| model | jobs | tokens in | tokens out | cost |",
        "|---|--:|--:|--:|--:|",
    ]
    rows = [
        f"| {escaped(each['provider'])} {escaped(each['model'])} | {each['jobs']} "
        f"| {each['input_tokens']:,} | {each['output_tokens']:,} | {_price(each)} |"
        for each in models[:MODELS_SHOWN]
    ]
    return "\n".join([*head, *rows])


def _price(model: Mapping[str, Any]) -> str:
    return "unknown" if model.get("cost_usd") is None else f"${model['cost_usd']:,.2f}"
