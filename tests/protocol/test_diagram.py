"""The diagram in the documents is drawn from the table."""

from pathlib import Path

from djobs_protocol.diagram import state_diagram

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_the_documented_diagram_is_the_table() -> None:
    assert f"```mermaid\n{state_diagram()}```" in PAGE.read_text()
