"""Whatever stands in a file, every check says something about it and none falls over it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djobsctl.doctor.check import FAULT
from djobsctl.doctor.gathering.interpreter import made_for, named_by
from djobsctl.doctor.gathering.service import program_in
from djobsctl.doctor.header import read_header
from tests.doctor.bench import Bench
from tests.doctor.setups.agents import person

CHEAP = (
    "environment", "wiring", "guests", "folders", "disk", "address", "service", "leftovers",
    "clock",
)  # fmt: skip
"""Checks that start no process as long as nothing they find makes sense."""
TARGETS = (
    "endpoint.json", "last_start.json", "stopped.json", "damaged.json", "service.json",
    "written.json", "jobs.db", "person/.claude.json", "person/.claude/settings.json",
    "person/.codex/config.toml", "person/AGENTS.md",
)  # fmt: skip
PIECES = (
    b"{", b"}", b"[", b'"', b"'", b"\\", b"\n", b"null", b"1e999", b'{"pid": -1}', b"\x00", b"\xff",
    b'{"mcpServers": {"djobs": []}}', b'{"mcpServers": {"djobs": {"command": "djobs-mcp\'"}}}',
    b'{"hooks": {"SessionStart": [{"x": "djobs_hook \\"\'"}]}}', b"[mcp_servers.djobs]\n",
    b'{"manager": "systemd", "name": "x", "file": "/dev/null"}', b"<!-- djobs", b"ExecStart='\n",
)  # fmt: skip
GARBAGE = st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(PIECES)).map(b"".join))
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def faults(bench: Bench) -> list[str]:
    """Return what any of the cheap checks falls over."""
    found = [finding.says for name in CHEAP for finding in bench.findings(name)]
    return [says for says in found if says.startswith(FAULT)]


@FEW
@given(name=st.sampled_from(TARGETS), content=GARBAGE)
def test_no_check_falls_over_garbage_in_a_file(bench: Bench, name: str, content: bytes) -> None:
    if not (bench.tools / "person").exists():
        person(bench)
    path = bench.tools / name if name.startswith("person/") else bench.state / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    try:
        assert faults(bench) == []
    finally:
        path.unlink()


@FEW
@given(content=GARBAGE)
def test_no_reader_falls_over_garbage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    made_for(str(path))
    named_by(str(path))
    read_header(str(path))
    program_in(content.decode("utf-8", "replace"))


def test_a_fault_of_one_check_is_told_and_keeps_no_other_from_looking(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("djobsctl.doctor.gathering.disk._disk", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in bench.findings("disk")[0].says
    assert bench.codes("disk") == ["unseen"]
