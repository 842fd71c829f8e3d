"""What agents see of the notices that somebody was given."""

from pathlib import Path

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor


def test_agents_page_through_who_was_told_what(running_daemon: DaemonHome, tmp_path: Path) -> None:
    told = [f"job-{number}" for number in range(21)]
    with Editor(running_daemon, str(tmp_path)) as editor:
        editor.open()
        for key in [*told, told[0]]:
            editor.call("deliver_notice", kind="failed", key=key, recipient="ann")

        first = editor.call("list_notices")
        rest = editor.call("list_notices", cursor=first["next_cursor"])

    assert [each["key"] for each in first["notices"]] == told[:0:-1]
    assert [each["key"] for each in rest["notices"]] == told[:1]
    assert "next_cursor" not in rest
    assert first["notices"][0] == {
        "kind": "failed",
        "key": "job-20",
        "recipient": "ann",
        "times": 1,
        "last": first["notices"][0]["last"],
    }
