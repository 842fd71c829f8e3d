"""Checks judge facts alone: what has no machine to be broken on is judged here, and limits are."""

from dataclasses import replace
from typing import Any

import pytest

from djobsctl.doctor.checks import backups, clock, database, disk, leftovers, sandbox, versions
from djobsctl.doctor.finding import Finding
from djobsctl.doctor.gathering.disk import mounted_at
from djobsctl.doctor.gathering.service import program_in
from djobsctl.doctor.header import Header


def codes(findings: list[Finding]) -> list[str]:
    return [each.trouble.code for each in findings if each.trouble]


SAME = versions.Versions("1.2.3", "1.2.3", "", "", "/d", True, 1000, 500)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"daemon": None}, []),
        ({"daemon": "1.2.2"}, ["daemon-older"]),
        ({"daemon": "1.10.0"}, ["daemon-newer"]),
        ({"client": "1.2.3.dev1", "daemon": "1.2.2"}, ["daemon-older"]),
        ({"pending": "1.2.4"}, ["upgrade-pending"]),
        ({"code_changed_at": 1000 + versions.GRACE_MS}, []),
        ({"code_changed_at": 1001 + versions.GRACE_MS}, ["code-replaced"]),
        ({"program_is_there": False, "daemon": "1.2.2"}, ["code-gone"]),
        ({"refusal": "It speaks 7."}, ["protocol-foreign"]),
    ],
)
def test_versions_are_compared_by_their_numbers(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert codes(versions.look(replace(SAME, **changes))) == expected


SOUND = database.Database(
    path="/h/jobs.db",
    header=Header(True, True, 10, 4096, 100, 0, 409_600),
    schema_known=10,
    wal_bytes=0,
    backups=0,
    holder="",
    remembered="",
    problems=(),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"header": None}, []),
        ({"header": None, "backups": 1}, ["database-lost"]),
        ({"schema_known": 9}, ["database-newer"]),
        ({"problems": ("Row 7.", "Row 8.")}, ["database-damaged"]),
        ({"remembered": "Page 3."}, []),  # it was read just now, and is sound
        ({"remembered": "Page 3.", "problems": None}, ["database-damaged"]),
        ({"holder": "/other"}, ["database-held"]),
        ({"wal_bytes": database.WAL_BYTES_MAX}, []),
        ({"wal_bytes": database.WAL_BYTES_MAX + 1}, ["database-log"]),
    ],
)
def test_a_database_is_judged_by_what_is_worst_about_it(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert codes(database.look(replace(SOUND, **changes))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"file_bytes": 409_599}, ["database-damaged"]),
        ({"is_ours": False}, ["database-foreign"]),
        ({"is_sqlite": False}, ["database-foreign"]),
        ({"file_bytes": database.LARGE_BYTES + 1}, ["database-large"]),
        ({"pages": 20_000, "free_pages": 9_000, "file_bytes": 81_920_000}, []),
        ({"pages": 20_000, "free_pages": 11_000, "file_bytes": 81_920_000}, ["database-holes"]),
        ({"pages": 10, "free_pages": 9, "file_bytes": 409_600}, []),
    ],
)
def test_a_database_is_judged_by_its_header_where_it_was_not_read(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert SOUND.header is not None
    facts = replace(SOUND, header=replace(SOUND.header, **changes), problems=None)
    assert codes(database.look(facts)) == expected


HOUR = backups.HOUR_MS
KEPT = backups.Backups(1000 * HOUR, 7, 24.0, 3, "/b", 990 * HOUR, (), 0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"newest_at": 928 * HOUR}, []),
        ({"newest_at": 928 * HOUR - 1}, ["backup-old"]),
        ({"newest_at": 928 * HOUR - 1, "interval_hours": 168.0}, []),
        ({"count": 0, "newest": ""}, ["backup-none"]),
        ({"count": 0, "newest": "", "since": 999 * HOUR}, []),
        ({"since": None, "count": 0}, []),
        ({"damage": ("Its end is missing.",)}, ["backup-damaged"]),
        ({"kept": 0}, ["backup-off"]),
    ],
)
def test_a_backup_is_old_when_several_were_missed(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert codes(backups.look(replace(KEPT, **changes))) == expected


LOCAL = disk.Disk("The home", "/h", "/", "ext4", False, disk.FREE_BYTES_MIN, 10**6)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"free_bytes": disk.FREE_BYTES_MIN - 1}, ["disk-full"]),
        ({"free_inodes": 3}, ["disk-full"]),
        ({"free_inodes": None}, []),
        ({"type": "nfs4", "read_only": True}, ["disk-network"]),
        ({"read_only": True}, ["disk-read-only"]),
    ],
)
def test_a_disk_is_judged_by_type_rights_and_room(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert codes(disk.look([replace(LOCAL, **changes)])) == expected


MOUNTS = """\
20 1 8:1 / / rw - ext4 /dev/sda1 rw
30 20 0:40 / /home rw shared:1 - nfs4 server:/home rw
31 30 0:41 / /home/with\\040space rw - ext4 /dev/sdb1 rw
32 20 0:42 / /mnt rw - ext4 /dev/sdc1 rw
33 20 0:43 / /mnt rw - cifs //server/share rw
half a line
"""


@pytest.mark.parametrize(
    ("path", "mount", "type_name"),
    [
        ("/var/x", "/", "ext4"),
        ("/home/a", "/home", "nfs4"),
        ("/homes/a", "/", "ext4"),
        ("/home/with space/x", "/home/with space", "ext4"),
        ("/mnt", "/mnt", "cifs"),
    ],
)
def test_a_path_lies_on_the_last_of_the_deepest_mounts(
    path: str, mount: str, type_name: str
) -> None:
    assert mounted_at(path, MOUNTS) == (mount, type_name)


def test_a_daemon_that_lives_tidies_by_itself() -> None:
    facts = leftovers.Leftovers(10**9, True, "", (), (), (), 2, 3, 10, 5)
    assert codes(leftovers.look(facts)) == []
    alone = replace(facts, lives=False, stale_record="It is gone.")
    assert codes(leftovers.look(alone)) == [
        "record-stale",
        "runs-alone",
        "runs-untold",
        "runs-large",
    ]


def test_a_few_seconds_between_two_clocks_are_no_trouble() -> None:
    now = 10**12
    facts = clock.Clock(now, "/h/jobs.db", now + clock.AHEAD_MS, 0, "UTC", "")
    assert codes(clock.look(facts)) == []
    assert codes(clock.look(replace(facts, newest_at=facts.newest_at + 1))) == ["clock-behind"]


def test_a_sandbox_that_was_tried_and_one_that_is_missing_are_told_apart() -> None:
    missing = "bubblewrap: it is not installed; srt: it is not installed."
    required = sandbox.Required("x", "write", "", missing, "install it", "")
    assert codes(sandbox.look([required])) == ["sandbox-missing"]
    tried = "bubblewrap: AppArmor forbids it; srt: it is not installed."
    assert codes(sandbox.look([replace(required, reason=tried)])) == ["sandbox-fails"]
    found = replace(required, enforced="write by bubblewrap", said="write, not tried yet")
    assert codes(sandbox.look([found])) == []
    late = replace(found, said="write, which nothing here enforces")
    assert codes(sandbox.look([late])) == ["sandbox-unnoticed"]


@pytest.mark.parametrize(
    ("entry", "program"),
    [
        ("[Service]\nExecStart=/v/bin/djobsd --foreground\n", "/v/bin/djobsd"),
        ('ExecStart="/a b/djobsd" --foreground\n', "/a b/djobsd"),
        ('ExecStart=/usr/bin/env "/a\\"b/100%%/djobsd" x\n', '/a"b/100%/djobsd'),
        ("<key>ProgramArguments</key><array>\n<string>/v/djobsd</string>", "/v/djobsd"),
        ("[Service]\nType=notify\n", ""),
    ],
)
def test_the_program_in_an_entry_of_a_service_manager_is_recognised(
    entry: str, program: str
) -> None:
    assert program_in(entry) == program
