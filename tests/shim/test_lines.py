"""Lines out of chunks: the same whatever the chunks, and never too many bytes."""

from hypothesis import given
from hypothesis import strategies as st

from djobs_protocol.framing import LineSplitter, Oversize
from djobs_protocol.limits import FRAME_BYTES_MAX
from djobs_shim.lines import TAIL_BYTES, TORN, AbridgingCutter, LineCutter

BYTES = st.binary(max_size=60) | st.text("{} \t\r\n", max_size=60).map(str.encode)


@given(st.lists(BYTES))
def test_lines_do_not_depend_on_the_chunks(chunks: list[bytes]) -> None:
    cutter = LineCutter()
    lines = [line for chunk in chunks for line in cutter.feed(chunk)]
    whole = b"".join(chunks)
    expected = [line + b"\n" for line in whole.split(b"\n")[:-1] if line.strip()]
    assert lines == expected
    assert cutter.partial_bytes == len(whole.rpartition(b"\n")[2])


@given(st.lists(BYTES))
def test_the_daemon_counts_the_same_lines(chunks: list[bytes]) -> None:
    cutter, splitter = LineCutter(), LineSplitter()
    sent = [line for chunk in chunks for line in cutter.feed(chunk)]
    assert len(list(splitter.feed(b"".join(sent)))) == len(sent)


@given(st.lists(BYTES))
def test_below_its_limit_an_abridging_cutter_is_a_cutter(chunks: list[bytes]) -> None:
    plain, bounded = LineCutter(), AbridgingCutter(1 << 20)
    for chunk in chunks:
        assert plain.feed(chunk) == bounded.feed(chunk)
    assert bounded.abridged_lines == 0


def abridge(size: int, chunk_bytes: int) -> tuple[AbridgingCutter, bytes]:
    """Return the cutter and what it makes of one line of ``size`` bytes."""
    cutter = AbridgingCutter(FRAME_BYTES_MAX + TAIL_BYTES)
    line = b'{"id":7,' + b"x" * (size - 16) + b',"id":7}'
    made = []
    for start in range(0, size, chunk_bytes):
        made += cutter.feed(line[start : start + chunk_bytes])
        assert cutter.partial_bytes <= FRAME_BYTES_MAX + 2 * TAIL_BYTES + chunk_bytes
    (only,) = made + cutter.feed(b"\n")
    return cutter, only


def test_a_monster_is_abridged_to_its_ends_and_stays_over_the_daemons_limit() -> None:
    cutter, line = abridge(FRAME_BYTES_MAX * 3, chunk_bytes=65_536)
    assert cutter.abridged_lines == 1
    assert FRAME_BYTES_MAX < len(line) < FRAME_BYTES_MAX + 2 * TAIL_BYTES
    assert TORN in line
    (seen,) = LineSplitter().feed(line)
    assert isinstance(seen, Oversize)
    assert seen.head.startswith(b'{"id":7,')
    assert seen.tail.endswith(b',"id":7}')


def test_a_monster_in_one_piece_with_its_newline_is_abridged_too() -> None:
    cutter = AbridgingCutter(FRAME_BYTES_MAX + TAIL_BYTES)
    (line,) = cutter.feed(b"y" * (FRAME_BYTES_MAX * 2) + b"\n")
    assert len(line) < FRAME_BYTES_MAX + 2 * TAIL_BYTES


def test_the_line_after_a_monster_is_itself() -> None:
    cutter, _ = abridge(FRAME_BYTES_MAX * 2, chunk_bytes=1 << 20)
    assert cutter.feed(b"{}\n") == [b"{}\n"]
    assert cutter.partial_bytes == 0
