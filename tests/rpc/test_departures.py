"""Work for a client that is gone ends; what it asked to be written is written all the same."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from djobs_daemon.app import App
from djobs_daemon.rpc import listener
from djobs_daemon.rpc.connection import RpcConnection
from djobs_daemon.rpc.dispatch import dispatch
from djobs_daemon.rpc.lines import LOSSES, LineStream
from djobs_daemon.store.records import JobFilter
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.daemon_replies import DatabaseReport
from tests.harness.daemon import PATIENCE_SECONDS
from tests.hostile.peer import HELLO
from tests.store.ledger_tools import Clock, enqueue

pytestmark = pytest.mark.anyio

Asked = tuple[str, dict[str, Any]]
CHECK: Asked = ("db.check", {})
ENQUEUE: Asked = ("job.enqueue", {"jobs": [{"type": "x"}]})


class SlowCheck:
    """A store whose check lasts until it is let go; all else is a real one's."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.begun = asyncio.Semaphore(0)
        self.ended: list[str] = []
        self.may_end = anyio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def check(self) -> DatabaseReport:
        self.begun.release()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        self.ended.append("answered")
        return DatabaseReport(ok=True, path="/db", schema=1, uuid="u", jobs=0, events=0)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    path = str(tmp_path / "jobs.db")
    async with SqliteStore.open(path, backups=str(tmp_path / "b"), clock_ms=Clock()) as store:
        instance = SimpleNamespace(id="0" * 32, pid=1, started_at=0)
        app = App(cast("Any", instance), cast("Any", None), cast("Any", SlowCheck(store)))
        app.act = partial(dispatch, app)
        yield app


@asynccontextmanager
async def client(app: App, *calls: Asked) -> AsyncIterator[Any]:
    """Serve a client that has said hello, was welcomed, and asked; wait until that has ended."""
    ours, peer = socket.socketpair()
    peer.setblocking(False)
    loop = asyncio.get_running_loop()
    _, lines = await loop.connect_accepted_socket(LineStream, ours)
    hello = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": HELLO}
    with anyio.fail_after(PATIENCE_SECONDS), peer, closing(lines):
        async with anyio.create_task_group() as serving:
            serving.start_soon(serve, app, lines, json.dumps(hello).encode())
            await anyio.wait_readable(peer)
            assert b'"protocol"' in peer.recv(65536)
            for number, (method, params) in enumerate(calls, start=1):
                call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                await loop.sock_sendall(peer, json.dumps(call).encode() + b"\n")
            yield peer
    await asyncio.sleep(0)  # the transport closes with the loop's next round


async def serve(app: App, lines: LineStream, first: bytes) -> None:
    with suppress(ExceptionGroup, *LOSSES):  # the door's part
        await RpcConnection(app, lines, 1, 1).serve(first)


def store_of(app: App) -> SlowCheck:
    return cast("SlowCheck", app.store)


async def checks_begun(app: App, count: int = 1) -> None:
    for _ in range(count):
        await store_of(app).begun.acquire()


async def test_a_check_for_a_client_that_is_gone_is_ended(app: App) -> None:
    async with client(app, CHECK, CHECK, CHECK) as peer:
        await checks_begun(app, 3)
        peer.close()
    assert store_of(app).ended == ["cancelled"] * 3
    await app.requests.wait_idle()


async def test_a_client_that_only_ended_its_requests_gets_its_answer(app: App) -> None:
    async with client(app, CHECK) as peer:
        await checks_begun(app)
        peer.shutdown(socket.SHUT_WR)
        await anyio.sleep(0.2)
        assert store_of(app).ended == []
        store_of(app).may_end.set()
        await anyio.wait_readable(peer)
        assert b'"ok":true' in peer.recv(65536)
    assert store_of(app).ended == ["answered"]


async def test_a_client_that_leaves_after_it_ended_its_requests_is_noticed(app: App) -> None:
    async with client(app, CHECK) as peer:
        await checks_begun(app)
        peer.shutdown(socket.SHUT_WR)
        await anyio.sleep(0.05)
        peer.close()
    assert store_of(app).ended == ["cancelled"]


@pytest.mark.parametrize("lost_before", [False, True])
async def test_a_client_that_is_gone_is_noticed_though_its_socket_is_closed(
    lost_before: bool,
) -> None:
    ours, peer = socket.socketpair()
    _, lines = await asyncio.get_running_loop().connect_accepted_socket(LineStream, ours)
    with anyio.fail_after(PATIENCE_SECONDS), peer:
        if lost_before:
            lines.close()
            await asyncio.sleep(0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lines.wait_gone)
            await asyncio.sleep(0.01)
            lines.close()  # as a write that fails does


async def test_what_a_client_asked_to_be_written_is_written_though_it_is_gone(app: App) -> None:
    async with client(app, *[ENQUEUE] * 20, CHECK) as peer:
        peer.close()
    await enqueue(app.store)  # and so wait for those before it
    jobs = await app.store.read(lambda view: view.count_jobs(JobFilter()))
    assert sum(jobs.values()) == 21


async def test_a_client_that_leaves_before_a_large_reply_is_no_error(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    job = {"type": "x", "payload": "y" * 1000}
    many: list[Asked] = [("job.enqueue", {"jobs": [job] * 100})] * 10
    with caplog.at_level(logging.DEBUG):
        async with client(app, *many, *[("job.list", {"limit": 500})] * 8) as peer:
            await anyio.wait_readable(peer)
            await anyio.sleep(0.2)  # its replies fill the socket; the next waits until it is empty
            peer.close()
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


async def test_a_peer_that_cannot_be_looked_at_does_not_end_the_listener(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What macOS says of a peer that is gone."""
    looked_at = 0

    def check_peer(peer: socket.socket) -> int:
        nonlocal looked_at
        looked_at += 1
        raise OSError(57, "Socket is not connected")

    monkeypatch.setattr(listener, "check_peer", check_peer)
    with socket.socket(socket.AF_UNIX) as listening, anyio.fail_after(PATIENCE_SECONDS):
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener._accept_forever, app, listening, tasks)
            for number in (1, 2):
                with socket.socket(socket.AF_UNIX) as peer:
                    peer.connect(str(tmp_path / "s"))
                    peer.setblocking(False)
                    await anyio.wait_readable(peer)
                    assert (peer.recv(1), looked_at) == (b"", number)
            tasks.cancel_scope.cancel()
