"""Bytes handed out in pieces arrive whole and in order."""

from hypothesis import given
from hypothesis import strategies as st

from djobs_shim.outbox import Outbox


@given(
    st.lists(st.binary(max_size=50)),
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), min_size=1),
)
def test_whatever_is_taken_of_each_piece_the_bytes_stay_in_order(
    entries: list[bytes], bites: list[tuple[int, int]]
) -> None:
    box, taken = Outbox(), b""
    for entry in entries:
        box.put(entry)
    for at_most, wanted in bites * 3:
        if box.size:
            piece = bytes(box.piece(at_most))
            assert 0 < len(piece) <= at_most
            bite = piece[:wanted]
            box.took(len(bite))
            taken += bite
    while box.size:
        piece = bytes(box.piece(7))
        box.took(len(piece))
        taken += piece
    assert taken == b"".join(entries)


def test_small_entries_leave_together() -> None:
    box = Outbox()
    for _ in range(3):
        box.put(b"ab")
    assert bytes(box.piece(5)) == b"abab"


def test_clearing_forgets_a_half_taken_entry() -> None:
    box = Outbox()
    box.put(b"abcdef")
    box.took(3)
    box.clear()
    box.put(b"xyz")
    assert bytes(box.piece(10)) == b"xyz"
    assert box.size == 3
