"""What one connection's requests keep in memory is counted by what is really kept (R26)."""

from djobs_daemon.rpc.turns import _bytes_held
from djobs_protocol.framing import SAMPLE_BYTES, LineSplitter


def test_a_line_counts_with_its_bytes() -> None:
    assert _bytes_held(b"x" * 1000) == 1000


def test_a_line_above_the_bound_counts_with_the_ends_that_are_kept() -> None:
    (line,) = LineSplitter(limit=100_000).feed(b"x" * 1_000_000 + b"\n")
    assert _bytes_held(line) == 2 * SAMPLE_BYTES
