"""What is told, in which words, how often it is tried, and what is wrong with settings."""

from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from djobs_daemon.notifying import channels, notifier
from djobs_daemon.notifying.channels import Undelivered, run, with_session_bus
from djobs_daemon.notifying.message import Message, Notification, headline, message_of, signature
from djobs_daemon.notifying.notifier import Notifier
from djobs_daemon.notifying.place import Places
from djobs_daemon.notifying.table import notify_table
from djobs_daemon.notifying.webhook import Webhook, status_of
from djobs_protocol.errors import DjobsError


def something(offset: int = 1, kind: Any = "job_failed") -> Notification:
    return Notification(
        kind, offset, "T", f"j{offset}", "t", "failed", "/w", "/w", "it failed", "n"
    )


class Stubborn:
    """A channel that fails as often as it is told to."""

    name = "stubborn"

    def __init__(self, failures: int, *, may_help: bool = True) -> None:
        self.failures = failures
        self.may_help = may_help
        self.tried = 0

    async def send(self, _message: Message) -> None:
        self.tried += 1
        if self.failures:
            self.failures -= 1
            raise Undelivered("no", may_help=self.may_help)


def notifier_with(channel: Any, tmp_path: Any) -> tuple[Notifier, dict[str, str], list[Any]]:
    written: list[Any] = []

    async def write(_actor: Any, work: Any) -> None:
        work(SimpleNamespace(now=0, note_delivery=lambda *each: written.append(each)))

    problems: dict[str, str] = {}
    store = SimpleNamespace(write=write, database="db")
    instance = SimpleNamespace(id="i" * 32, pid=1)
    app: Any = SimpleNamespace(store=store, problems=problems, instance=instance)
    places = Places(str(tmp_path / "places"), "db")
    return Notifier(app, [channel], ["job_failed"], places, (0.0, 0.0)), problems, written


@pytest.mark.anyio
async def test_what_does_not_arrive_is_tried_a_few_times_then_given_up_and_said(
    tmp_path: Any,
) -> None:
    channel = Stubborn(100)
    telling, problems, written = notifier_with(channel, tmp_path)
    await telling._deliver(channel, [something()])
    assert (channel.tried, written) == (3, [])
    assert "stubborn do not arrive: no" in problems["notify.stubborn"]
    await telling._deliver(channel, [something(2)])
    assert channel.tried == 4, "one that is known to be down is tried once"
    channel.failures = 0
    await telling._deliver(channel, [something(3), something(4)])
    assert problems == {}
    assert [each[0].key for each in written] == ["job_failed 3", "job_failed 4"]


@pytest.mark.anyio
async def test_what_will_never_arrive_is_not_tried_again(tmp_path: Any) -> None:
    channel = Stubborn(5, may_help=False)
    telling, _, _ = notifier_with(channel, tmp_path)
    await telling._deliver(channel, [something()])
    assert channel.tried == 1


@pytest.mark.anyio
async def test_a_program_that_does_not_end_is_ended_with_its_children(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "SEND_SECONDS", 0.3)
    with pytest.raises(Undelivered, match="did not end within"):
        await run(("sh", "-c", "sleep 1000 & wait"), {"PATH": "/usr/bin:/bin"}, b"x")


@pytest.mark.anyio
async def test_a_program_may_print_without_end_and_read_nothing_and_its_status_counts() -> None:
    environ = {"PATH": "/usr/bin:/bin"}
    flood = "head -c 30000000 /dev/zero; head -c 30000000 /dev/zero >&2"
    await run(("sh", "-c", flood), environ, b"y" * 200_000)
    with pytest.raises(Undelivered, match="status 3"):
        await run(("sh", "-c", "exit 3"), environ, b"")
    with pytest.raises(Undelivered, match="cannot be run"):
        await run(("/no/such/program",), environ, b"")


@pytest.mark.anyio
async def test_a_server_that_is_not_there_or_says_nothing_is_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = message_of("db", [something()], "now")
    with pytest.raises(Undelivered, match="cannot be reached"):
        await Webhook("http://127.0.0.1:1/x", lambda: None).send(message)
    monkeypatch.setattr("djobs_daemon.notifying.webhook.SEND_SECONDS", 0.3)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        with pytest.raises(Undelivered, match="did not answer"):
            await Webhook(f"http://127.0.0.1:{port}", lambda: None).send(message)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HTTP/1.1 200 OK\r", 200),
        (b"HTTP/1.0 503", 503),
        (b"", None),
        (b"SSH-2.0-x 200", None),
        (b"HTTP/1.1 2x0", None),
        (b"HTTP/1.1 20000", None),
    ],
)
def test_the_first_line_of_an_answer_is_read_strictly(line: bytes, status: int | None) -> None:
    assert status_of(line) == status


def test_a_signature_is_that_of_rfc_2104() -> None:
    data, key = b"what do ya want for nothing?", "Jefe"  # RFC 4231, test case 2
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signature(key, data) == f"sha256={expected}"


def test_many_things_have_one_headline() -> None:
    assert headline([something()]) == ("djobs: a job failed", "it failed")
    both = [something(1), something(2), something(3, "budget_asks")]
    assert headline(both) == ("djobs: 3 things happened", "2 failed, 1 ask for money")


def test_the_session_bus_is_found_where_it_is_and_never_invented() -> None:
    assert with_session_bus({}, 7, lambda _: False) == {}
    found = with_session_bus({"DBUS_SESSION_BUS_ADDRESS": "mine"}, 7, lambda _: True)
    assert found["DBUS_SESSION_BUS_ADDRESS"] == "mine"
    assert found["XDG_RUNTIME_DIR"] == "/run/user/7"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"webhook": "ftp://x/"}, "expected a URL"),
        ({"webhook": "https://me:pass@x/"}, "expected a URL"),
        ({"webhook": "https://x/\n"}, "expected a URL"),
        ({"webhook": "http://x:99999/"}, "expected a URL"),
        ({"webhook_secret": "S"}, "there is none"),
        ({"events": ["job_fails"]}, "Invalid enum value 'job_fails'"),
        ({"desk": True}, "unknown field"),
        ({"command": "notify"}, "Expected `array`"),
    ],
)
def test_a_wrong_setting_is_named(table: dict[str, Any], words: str) -> None:
    with pytest.raises(DjobsError) as refusal:
        notify_table({"notify": table}, "/c/config.toml")
    assert words in refusal.value.message
    assert "/c/config.toml: [notify]" in refusal.value.message


def test_it_is_off_unless_something_is_set() -> None:
    assert not notify_table({}, "c").tells_anybody
    assert not notify_table({"notify": {"events": ["job_failed"]}}, "c").tells_anybody
    assert not notify_table({"notify": {"desktop": True, "events": []}}, "c").tells_anybody
    assert notify_table({"notify": {"desktop": True}}, "c").tells_anybody


def test_places_are_those_of_their_database_alone(tmp_path: Any) -> None:
    path = str(tmp_path / "p")
    Places(path, "a").move("webhook", 7)
    assert Places(path, "a").of("webhook") == 7
    assert Places(path, "a").of("desktop") is None
    assert Places(path, "b").of("webhook") is None
    assert notifier.KIND == "notification"
