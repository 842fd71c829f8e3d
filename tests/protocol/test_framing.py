"""Lines survive any chunking; a monster costs itself only."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from djobs_protocol.framing import SAMPLE_BYTES, LineSplitter, Oversize

LINE = st.binary(max_size=50).filter(lambda line: b"\n" not in line)


def split(data: bytes, cuts: list[int], limit: int) -> list[bytes | Oversize]:
    splitter = LineSplitter(limit)
    positions = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found: list[bytes | Oversize] = []
    for start, end in itertools.pairwise(positions):
        found += splitter.feed(data[start:end])
    return found


@given(st.lists(LINE), st.lists(st.integers(min_value=0)))
def test_whole_lines_come_out_however_the_bytes_arrive(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)

    said = [line.rstrip(b"\r") for line in lines if line.strip()]
    assert split(data, cuts, limit=100) == said


@given(st.lists(LINE, min_size=1), st.lists(st.integers(min_value=0)), st.integers(1, 40))
def test_the_bound_does_not_depend_on_the_chunking(
    lines: list[bytes], cuts: list[int], limit: int
) -> None:
    data = b"".join(line + b"\n" for line in lines)

    assert split(data, cuts, limit) == split(data, [], limit)


def test_a_line_above_the_bound_is_skipped_and_the_next_one_read() -> None:
    monster = b"a" * SAMPLE_BYTES + b"b" * 100_000 + b"c" * SAMPLE_BYTES

    skipped, following = LineSplitter(1000).feed(monster + b"\nnext\n")

    assert skipped == Oversize(len(monster), b"a" * SAMPLE_BYTES, b"c" * SAMPLE_BYTES)
    assert following == b"next"


def test_a_line_of_exactly_the_bound_is_a_line() -> None:
    (line,) = LineSplitter(10).feed(b"x" * 10 + b"\n")

    assert line == b"x" * 10


def test_a_cut_off_line_is_not_a_line() -> None:
    splitter = LineSplitter()

    assert list(splitter.feed(b'{"half":')) == []
    assert splitter.partial == b'{"half":'


def test_a_monster_in_small_pieces_keeps_little_of_itself() -> None:
    splitter = LineSplitter(1000)
    for _ in range(1000):
        assert list(splitter.feed(b"x" * 100)) == []

    assert len(splitter.partial) <= 3 * SAMPLE_BYTES
