"""Records are hints: any bytes in them are survived, and a write is all or nothing (R47)."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_local import attempts, presence, records, stop_mark
from djobs_local.identity import ProcessIdentity
from djobs_protocol import endpoint
from tests.harness.needs import needs_root
from tests.local.place import Place, new_place

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
NAMES = st.sampled_from(
    ["pid", "start", "boot", "pidns", "at", "by", "until", "attempts", "phase", "started_at"]
)
RECORD_FILES = [endpoint.ENDPOINT_RECORD, endpoint.START_RECORD, endpoint.STOP_MARK]


@given(
    st.one_of(
        st.binary(max_size=200),
        JSON.map(lambda value: json.dumps(value).encode()),
        st.dictionaries(NAMES, JSON).map(lambda value: json.dumps(value).encode()),
        st.lists(st.dictionaries(NAMES, JSON)).map(
            lambda value: json.dumps({"attempts": value}).encode()
        ),
    )
)
def test_any_bytes_in_any_record_are_survived(raw: bytes) -> None:
    with new_place() as place:
        for name in RECORD_FILES:
            with open(endpoint.state_file(place.state, name), "wb") as file:
                file.write(raw)
        record = records.read_record(endpoint.state_file(place.state, endpoint.ENDPOINT_RECORD))
        ProcessIdentity.from_record(record)
        for attempt in attempts.read_attempts(place.state):
            attempts.Attempt.from_record(attempt.to_record())
        stop_mark.read_stop_mark(place.state)
        seen = presence.look(place.state)
        assert seen.kind in presence.GONE_KINDS
        assert isinstance(seen.since, int | None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"]]",
        b"null",
        b"[1]",
        b"\xff\xfe\x00",
        b"[" * 50_000,
        b'{"a":' + b"1" * 5000 + b"}",
        b'{"a":"' + b"x" * records.RECORD_BYTES_MAX + b'"}',
    ],
    ids=range(9),
)
def test_garbage_is_no_record(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(raw)
    assert records.read_record(str(path)) is None


def test_what_is_no_regular_file_is_no_record_and_does_not_block(tmp_path: Path) -> None:
    fifo, link, folder = (str(tmp_path / name) for name in ("fifo", "link", "folder"))
    os.mkfifo(fifo)
    (tmp_path / "real").write_text("{}")
    os.symlink("real", link)
    os.mkdir(folder)
    for path in (fifo, link, folder, str(tmp_path / "none"), "nul\0"):
        assert records.read_record(path) is None


@needs_root
def test_another_users_file_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("{}")
    os.chown(path, 65534, -1)
    assert records.read_record(str(path)) is None


def test_a_record_is_read_back_private_and_replaced_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "r.json")
    records.write_record(path, {"a": "ä\ud800", "n": 1})
    records.write_record(path, {"b": [1]})
    assert records.read_record(path) == {"b": [1]}
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(tmp_path) == ["r.json"]


def test_a_write_that_fails_leaves_the_old_record_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "r.json")
    records.write_record(path, {"old": True})

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        records.write_record(path, {"new": True})
    assert records.read_record(path) == {"old": True}
    assert os.listdir(tmp_path) == ["r.json"]


def test_a_record_over_the_bound_is_not_written(tmp_path: Path) -> None:
    path = str(tmp_path / "r.json")
    with pytest.raises(ValueError, match="bytes is over"):
        records.write_record(path, {"a": "x" * records.RECORD_BYTES_MAX})
    assert os.listdir(tmp_path) == []


def test_attempts_with_the_longest_reasons_fit_a_record(place: Place) -> None:
    long = "\U0001f600" * 10_000
    known = [
        attempts.Attempt(n, long, long, stage=long, text=long, path=long, code=long, log=long)
        for n in range(30)
    ]
    attempts.write_attempts(place.state, known)
    read = attempts.read_attempts(place.state)
    assert [attempt.at for attempt in read] == list(range(18, 30))
    assert len(read[-1].text) == attempts.TEXT_CHARS_MAX


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    records.remove_record(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("until", "boot", "now", "holds"),
    [
        (None, "b", 10, True),
        (None, "other", 10, True),
        ("boot", "b", 10, True),
        ("boot", "other", 10, False),
        (11, "b", 10, True),
        (10, "b", 10, False),
        (True, "b", 0, False),
        ([], "b", 0, False),
        ("next week", "b", 0, False),
    ],
)
def test_a_stop_mark_holds_until_its_time_or_the_next_boot(
    until: Any, boot: str, now: int, holds: bool
) -> None:
    record = {"at": 1, "by": "me", "until": until, "boot": "b"}
    assert (stop_mark._in_force(record, now, boot) is not None) is holds


def test_a_stop_mark_is_written_read_and_cleared(place: Place) -> None:
    assert stop_mark.read_stop_mark(place.state) is None
    stop_mark.write_stop_mark(place.state, "me", stop_mark.UNTIL_BOOT)
    mark = stop_mark.read_stop_mark(place.state)
    assert mark is not None
    assert (mark.by, mark.until) == ("me", "boot")
    stop_mark.clear_stop_mark(place.state)
    assert stop_mark.read_stop_mark(place.state) is None


def test_a_record_that_cannot_be_written_is_named_by_its_own_path(place: Place) -> None:
    path = os.path.join(place.state, "taken.json")
    os.mkdir(path)
    with pytest.raises(OSError, match="directory") as refused:
        records.write_record(path, {})
    assert refused.value.filename == path
    assert os.listdir(place.state) == ["taken.json"]
