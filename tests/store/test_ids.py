"""Public ids are short, never reused, and unknown when mistyped (R30)."""

import string
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.ids import parse, public_id
from djobs_daemon.store.interface import View
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import Clock, draft, enqueue, move

ONE = "0e41800e-4d4d-48d7-928c-47b1da93f661"
TWO = "0e41800e-4d4d-48d7-928c-47b1da93f662"


@given(st.integers(1, 10**18 - 1))
def test_an_id_leads_back_to_its_number(seq: int) -> None:
    assert parse(public_id(seq, ONE), ONE) == seq


@given(st.text(max_size=12) | st.from_regex(r"j[0-9]{1,30}[a-z]{2}", fullmatch=True))
def test_no_text_is_an_id_by_accident_and_two_numbers_are_never_one(text: str) -> None:
    seq = parse(text, ONE)
    assert seq is None or public_id(seq, ONE) == text


def test_most_typing_errors_are_unknown_ids() -> None:
    typed = [public_id(seq, ONE) for seq in range(1, 60)]
    wrong = [
        job_id[:place] + letter + job_id[place + 1 :]
        for job_id in typed
        for place in range(len(job_id))
        for letter in string.ascii_lowercase + string.digits
        if job_id[place] != letter
    ]
    taken = [each for each in wrong if parse(each, ONE) is not None]
    assert len(taken) < len(wrong) / 100


def test_an_id_of_another_database_is_almost_surely_unknown() -> None:
    strangers = [public_id(seq, TWO) for seq in range(1, 1000)]
    assert sum(parse(each, ONE) is not None for each in strangers) < 15


def test_ids_are_short_and_plain() -> None:
    assert all(len(public_id(seq, ONE)) <= 6 for seq in range(1, 1000))
    assert public_id(7, ONE)[-2:].isalpha()


async def test_a_removed_job_is_gone_and_its_id_is_not_given_again(
    path: Path, clock: Clock
) -> None:
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        *_, last = await enqueue(store, draft(), draft(), draft())
        await move(store, last, EventKind.SUCCEEDED)
        await store._connection.run(store._book.db.execute, "DELETE FROM jobs WHERE seq = 3")
        await store._connection.run(store._book.db.execute, "VACUUM")
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        (fourth,) = await enqueue(store)
        assert fourth.startswith("j4")

        def look(view: View) -> tuple[bool, bool, bool]:
            return view.was_removed(last), view.was_removed(fourth), view.was_removed("j99zz")

        assert await store.read(look) == (True, False, False)
