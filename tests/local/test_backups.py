"""Copies of the database are told by their names, and old ones go by a rule."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from djobs_local.backups import (
    MADE,
    REPLACED,
    Generation,
    generations,
    name_at,
    superfluous,
    taken_at,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a Monday


def daily(days: int) -> list[Generation]:
    moments = [NOON + timedelta(days=day) for day in range(days)]
    return [
        Generation("/b", name_at(MADE, round(each.timestamp() * 1000)), each) for each in moments
    ]


def test_a_name_says_when_a_copy_was_taken() -> None:
    assert name_at(MADE, 1_800_000_000_123) == "jobs-20270115T080000.123Z.db"
    assert taken_at("replaced-20270115T080000.123Z.db") == datetime(
        2027, 1, 15, 8, 0, 0, 123_000, UTC
    )
    for no_copy in ("jobs.db", "jobs-20270115T080000.123Z.part", "jobs-x.db", "20270115.db"):
        assert taken_at(no_copy) is None


def test_copies_are_found_oldest_first_whatever_lies_beside_them(tmp_path: Path) -> None:
    for name in (name_at(MADE, 2000), name_at(REPLACED, 1000), "notes.txt"):
        (tmp_path / name).write_bytes(b"12345")
    found = generations(str(tmp_path))
    assert [(each.was_replaced, each.bytes) for each in found] == [(True, 5), (False, 5)]
    assert generations(str(tmp_path / "none")) == []


def test_the_newest_are_kept_and_the_last_of_each_week() -> None:
    made = daily(24)  # three whole weeks and three days
    gone = {each.name for each in superfluous(made, newest=5, weeks=3)}
    kept = [each.taken_at for each in made if each.name not in gone]
    sundays = [NOON + timedelta(days=day) for day in (13, 20)]
    assert kept == [sundays[0], *(NOON + timedelta(days=day) for day in range(19, 24))]
    assert sundays[1] in kept


def test_without_weeks_only_the_newest_are_kept() -> None:
    made = daily(9)
    assert superfluous(made, newest=4, weeks=0) == made[:5]
    assert superfluous(made, newest=20, weeks=0) == []
