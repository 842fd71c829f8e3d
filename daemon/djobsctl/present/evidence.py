"""Checks and what they found, for people."""

from typing import Any

KINDS = ("command", "file_exists", "sha256", "json_schema")


def check_name(check: dict[str, Any]) -> str:
    """Return a check as it is named in receipts."""
    kind = next((each for each in KINDS if check.get(each) is not None), "unknown")
    what = check.get(kind) if kind in KINDS[:2] else check.get("path")
    return f"{kind} {' '.join(what) if isinstance(what, list) else what}"


def receipt_lines(receipt: dict[str, Any] | None) -> list[str]:
    """Return a line for each check, below it what one that did not pass said, and the hashes."""
    if receipt is None:
        return []
    lines = []
    for each in receipt["checks"]:
        code = f", exit code {each['exit_code']}" if "exit_code" in each else ""
        lines.append(f"{each['outcome']}: {each['check']}{code}")
        if each["outcome"] not in ("passed", "not_run"):
            lines += [f"  {line}" for line in each.get("said", "").splitlines()]
        lines += [f"  sha256 {digest} {path}" for path, digest in each.get("files", {}).items()]
    return [*lines, f"tree {receipt['tree']}"] if receipt.get("tree") else lines
