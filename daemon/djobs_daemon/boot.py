"""The first half of a start: a process of its own, the lock, and a socket to connect to.

Everything slow comes after this. Clients can already connect when it ends; they wait in the
kernel's queue. Standard library and ``djobs_local`` only.
"""

import faulthandler
import json
import os
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from djobs_daemon import binding, collecting, process, start_failure, supervision
from djobs_daemon.endpoint_record import EndpointRecord
from djobs_daemon.failpoints import failpoint
from djobs_daemon.heritage import inherited_lock
from djobs_daemon.options import Options
from djobs_daemon.start_failure import Start
from djobs_local import attempts, folders, identity, settings
from djobs_local.database_lock import lock_database, lock_path
from djobs_local.locks import KernelLock, is_held, lock_folder
from djobs_local.stop_mark import read_stop_mark
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.version import VERSION

PROBE_SECONDS = 0.02
"""Nobody but a holder has a lock for so long."""
ELECTION_SECONDS = 10.0
"""An election outlasts any number of probes that come one after the other (R1)."""


class LostElection(Exception):
    """Another daemon holds the lock; nothing is wrong."""


class Boot(NamedTuple):
    """What a daemon holds when it can be connected to."""

    start: Start
    options: Options
    state: str
    locks: tuple[KernelLock, KernelLock]
    """On the lock file and on the folder."""
    database_lock: KernelLock
    """Nobody else opens the database, whatever folder he lives in."""
    settings: settings.Settings
    binding: binding.Binding
    record: EndpointRecord
    started_at: int
    """Milliseconds since the epoch."""


def run(options: Options) -> int:
    """Run a whole daemon and return its exit status."""
    collecting.pause()
    process.own_standard_descriptors(options.detach)
    process.close_inherited(
        [*(options.inherited or ()), *([] if options.ready_fd is None else [options.ready_fd])]
    )
    process.reset_signals()
    supervisor = os.environ.get(supervision.NOTIFY_VARIABLE, "")
    process.clean_environment()
    faulthandler.enable(2)
    os.umask(0o077)
    start = Start(supervision.ManagedPipe(options.ready_fd, supervisor), quiet=options.detach)
    return supervision.exit_status(options.owner, _run(options, start))


def _run(options: Options, start: Start) -> int:
    try:
        return _live(_boot(options, start))
    except LostElection:
        start.pipe.lost_election()
        start.say(f"Another daemon of this user is running already. {supervision.LOST_HINT}")
        return supervision.lost_status(options.owner)
    except Exception as error:  # noqa: BLE001 - whatever it was, the starter must hear of it (R12)
        status = start_failure.report(start, error)
        if options.owner in supervision.MANAGED:
            _remember_failure(options, start, error)
        return status


def _remember_failure(options: Options, start: Start, error: Exception) -> None:
    """Leave word for the client that has asked the service manager, and listens to no pipe."""
    failure = start_failure.as_failure(error)
    if failure.code is ErrorCode.STOPPED_BY_USER or start.stage in ("process", "folders"):
        return  # no failure, or there is no place to write to
    start_failure.remember_failure(endpoint.state_dir(), options.owner, start.stage, failure)


def _live(boot: Boot) -> int:
    """Do the rest, and leave no address behind when it fails."""
    try:
        boot.start.enter("import")
        failpoint("start.import")
        from djobs_daemon import lifecycle

        return lifecycle.live(boot)
    except Exception:
        binding.release(boot.binding)
        boot.record.remove()
        raise


def _boot(options: Options, start: Start) -> Boot:
    if options.home is not None:
        os.environ["DJOBS_HOME"] = os.path.abspath(options.home)
    state = endpoint.state_dir()
    folders.refuse_real_home(state)
    start.enter("folders")
    folders.prepare_state(state)
    os.chdir(state)
    start.enter("lock")
    failpoint("start.lock")
    locks = _elect(start, state, options)
    _respect_stop_mark(options, state)
    me = identity.of_self()
    _count_birth(state, me)
    start.enter("config")
    loaded = settings.load(state, os.environ)
    start.enter("database")
    database_lock = _lock_database(loaded.db_path, state, options)
    start.held.append(database_lock)
    start.enter("endpoint")
    bound = _listen(endpoint.socket_path(state), options)
    failpoint("start.bound")
    started_at = attempts.now_ms()
    record = _write_record(options, state, me, started_at)
    return Boot(start, options, state, locks, database_lock, loaded, bound, record, started_at)


def _elect(start: Start, state: str, options: Options) -> tuple[KernelLock, KernelLock]:
    """Take both locks for life, or raise ``LostElection``."""
    path, left = endpoint.state_file(state, endpoint.DAEMON_LOCK), options.inherited
    held = None if left is None else inherited_lock(path, left.lock)
    held = held or _win(KernelLock.acquire, path)
    start.held.append(held)
    folder = None if left is None else inherited_lock(state, left.folder)
    folder = folder or _win(lock_folder, state)
    start.held.append(folder)
    return held, folder


def _lock_database(database: str, state: str, options: Options) -> KernelLock:
    """Take the database's lock; settings may name another file than they did to the one before."""
    left = options.inherited
    held = None if left is None else inherited_lock(lock_path(database), left.database)
    return held or lock_database(database, state)


def _listen(path: str, options: Options) -> binding.Binding:
    left = options.inherited
    bound = None if left is None else binding.inherited(path, left.socket)
    return bound or binding.bind(path)


def _respect_stop_mark(options: Options, state: str) -> None:
    """Refuse to serve when the user stopped the daemon while a client was starting this one (R28).

    The starter looked before it spawned; the mark may have come in between. A service manager does
    not look at all.
    """
    by_program = options.detach or options.owner in supervision.MANAGED
    mark = read_stop_mark(state) if by_program else None
    if mark is not None:
        raise DjobsError(ErrorCode.STOPPED_BY_USER, mark.sentence(attempts.now_ms()))


def _win(acquire: Callable[[str, float], KernelLock | None], path: str) -> KernelLock:
    """Take one lock. Probes share it for microseconds and are outlasted; a holder wins at once."""
    deadline = time.monotonic() + ELECTION_SECONDS
    while time.monotonic() < deadline:
        lock = acquire(path, PROBE_SECONDS)
        if lock is not None:
            return lock
        if is_held(path):
            break
    raise LostElection


def _count_birth(state: str, me: identity.ProcessIdentity) -> None:
    """Leave a line for tests, which count daemons and end them by their identity."""
    if "DJOBS_TEST" in os.environ:
        with open(os.path.join(state, "births"), "a", encoding="ascii") as births:
            births.write(json.dumps(me.to_record()) + "\n")


def _write_record(
    options: Options, state: str, me: identity.ProcessIdentity, started_at: int
) -> EndpointRecord:
    contents = {
        "schema": 1,
        **me.to_record(),
        "instance": os.urandom(16).hex(),
        "build": VERSION,
        "phase": "starting",
        "started_at": started_at,
        "owner": options.owner,
        "home": state,
        "socket": endpoint.socket_path(state),
        "python": sys.executable,
    }
    record = EndpointRecord(endpoint.state_file(state, endpoint.ENDPOINT_RECORD), contents)
    record.write()
    return record
