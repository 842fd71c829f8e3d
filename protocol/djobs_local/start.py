"""Make sure that exactly one daemon runs (R1, R2, R12 to R14, R28).

A client comes here when it could not connect. Looking decides; only a clean absence leads to a
spawn, and only by whoever holds ``spawn.lock``.
"""

import os
import time

from djobs_local import (
    attempts,
    backoff,
    folders,
    locks,
    presence,
    service,
    spawn,
    start_errors,
    verdict,
)
from djobs_local.presence import Kind
from djobs_protocol.endpoint import SPAWN_LOCK, state_file
from djobs_protocol.errors import DjobsError, ErrorCode

DEADLINE_SECONDS = 10.0
PROGRESS_SECONDS_MAX = 60.0
"""How far a start that reports progress may extend its starter's deadline (R13)."""

_LOOK_SECONDS_MIN = 0.2
_PAUSE_SECONDS_FIRST = 0.01
_PAUSE_SECONDS_MAX = 0.1


class Terms:
    """On what terms a client looks for a daemon.

    ``spawn=False``: starts none, so that ``UNAVAILABLE`` is raised at once where none runs; one
    that is there is still waited for. ``ignore_stop_mark`` and ``ignore_backoff``: a person asked.
    ``daemon_main`` is another program than the installed daemon. ``waited_seconds`` have passed for
    the caller before; what is said of a silent daemon counts them.
    """

    __slots__ = (
        "backoff_max_seconds",
        "daemon_main",
        "ignore_stop_mark",
        "spawn",
        "waited_seconds",
    )

    def __init__(
        self,
        *,
        spawn: bool = True,
        ignore_stop_mark: bool = False,
        ignore_backoff: bool = False,
        backoff_max_seconds: float = backoff.DELAY_SECONDS_MAX,
        daemon_main: str | None = None,
        waited_seconds: float = 0.0,
    ) -> None:
        self.spawn = spawn
        self.ignore_stop_mark = ignore_stop_mark
        self.backoff_max_seconds = 0.0 if ignore_backoff else backoff_max_seconds
        self.daemon_main = daemon_main
        self.waited_seconds = waited_seconds


def ensure_running(
    state: str,
    deadline_seconds: float = DEADLINE_SECONDS,
    who: str = "client",
    terms: Terms | None = None,
) -> None:
    """Return when a daemon of ``state`` answers; start it when there is none.

    ``who`` is what the daemon will say started it. Raises ``DjobsError``: ``UNRESPONSIVE`` (it
    lives and does not answer), ``DRAINING`` (it has been stopping until the deadline),
    ``STOPPED_BY_USER``, ``START_FAILED`` (with stage, errno, path, text, log in ``data``),
    ``UNAVAILABLE`` (none runs and none may be started) and ``PERMISSION``.
    """
    folders.refuse_real_home(state)
    try:
        _Effort(state, deadline_seconds, who, terms or Terms()).run()
    except OSError as error:
        raise start_errors.client_trouble(error) from None


class _Effort:
    """One client's way to a running daemon."""

    def __init__(self, state: str, deadline_seconds: float, who: str, terms: Terms) -> None:
        now = time.monotonic()
        self.state = state
        self.who = who
        self.terms = terms
        self.began = now - terms.waited_seconds
        self.deadline = now + deadline_seconds
        self.pause = _PAUSE_SECONDS_FIRST
        self.starts = 0

    def run(self) -> None:
        """Look, and act on what is seen, until it serves or the deadline has passed."""
        while True:
            seen = self.look()
            if seen.kind is Kind.SERVING:
                return
            if seen.kind is Kind.FOREIGN:
                start_errors.raise_foreign(seen)
            if seen.kind in presence.GONE_KINDS:
                self.refuse_or_start(seen)
                continue
            self.wait_for(seen)

    def look(self) -> presence.Presence:
        """Look once more, with what is left of the deadline."""
        left = self.deadline - time.monotonic()
        return presence.look(self.state, max(left, _LOOK_SECONDS_MIN))

    def wait_for(self, seen: presence.Presence) -> None:
        """Let somebody else's daemon go on for a moment; raise when the deadline has passed."""
        if self.terms.spawn and seen.kind is Kind.STARTING and _is_young(seen):
            self.extend()
        if time.monotonic() >= self.deadline:
            start_errors.raise_unresponsive(self.state, seen, time.monotonic() - self.began)
        self.rest()

    def rest(self) -> None:
        """Pause until the next look."""
        # Whom to wait for is no child and no open connection of ours: nothing would wake us.
        time.sleep(self.pause)
        self.pause = min(self.pause * 1.5, _PAUSE_SECONDS_MAX)

    def extend(self) -> None:
        """Grant a start that visibly goes on its longest time."""
        self.deadline = max(self.deadline, self.began + PROGRESS_SECONDS_MAX)

    def refuse_or_start(self, seen: presence.Presence) -> None:
        """Nothing runs: raise why nothing will, or start it, alone."""
        if self.held_back(seen):
            self.rest()
            return
        if self.starts and time.monotonic() >= self.deadline:
            raise DjobsError(
                ErrorCode.START_FAILED,
                f"The daemon was started {self.starts} times and is gone again.",
                stage="running",
            )
        folders.prepare_state(self.state)
        lock = locks.KernelLock.acquire(state_file(self.state, SPAWN_LOCK))
        if lock is None:
            self.wait_for(presence.Presence(Kind.STARTING, "Another client is starting it."))
            return
        with lock:
            again = presence.look(self.state, _LOOK_SECONDS_MIN, holding_spawn_lock=True)
            if again.kind in presence.GONE_KINDS and not self.held_back(again):
                self.starts += 1
                self.start()

    def held_back(self, seen: presence.Presence) -> bool:
        """Say whether to wait before the next start; raise when this client may not start one."""
        if self.terms.spawn and self.is_restarting(seen):
            return True
        self.refuse(seen)
        return self.backing_off()

    def is_restarting(self, seen: presence.Presence) -> bool:
        """Say whether a restart has stopped it, so that it is worth waiting for the next one."""
        if seen.mark is None or self.terms.ignore_stop_mark:
            return False
        return seen.mark.passes and time.monotonic() < self.deadline

    def refuse(self, seen: presence.Presence) -> None:
        """Raise when this client may not start a daemon now."""
        if seen.mark is not None and not self.terms.ignore_stop_mark:
            raise DjobsError(
                ErrorCode.STOPPED_BY_USER, seen.detail, stopped_at=seen.mark.at, by=seen.mark.by
            )
        if not self.terms.spawn:
            raise DjobsError(ErrorCode.UNAVAILABLE, f"{seen.detail} This client may not start one.")

    def backing_off(self) -> bool:
        """Say whether to wait before the next start, or raise the last failure (R12, R14).

        A failure that was explained would be the same again, and is shown at once. A daemon that
        served and then ended without a word (killed, out of memory) is worth the wait if the
        caller's deadline allows it: an editor that starts now should have its tools.
        """
        known = attempts.read_attempts(self.state)
        wait = backoff.delay_seconds(
            [attempt.at / 1000 for attempt in known],
            attempts.now_ms() / 1000,
            self.terms.backoff_max_seconds,
        )
        if wait <= 0:
            return False
        if known[-1].outcome == attempts.READY and time.monotonic() + wait < self.deadline:
            return True
        raise start_errors.start_failed(known[-1], retry_seconds=round(wait, 1), starts=len(known))

    def start(self) -> None:
        """Spawn, remember the attempt, and wait for the daemon's word. Holds ``spawn.lock``."""
        known = attempts.read_attempts(self.state)
        attempt = attempts.Attempt(attempts.now_ms(), self.who)
        attempts.write_attempts(self.state, [*known, attempt])
        won = self.begin(attempt)
        if attempt.code == ErrorCode.STOPPED_BY_USER:
            attempts.write_attempts(self.state, known)  # no failure: somebody was faster
            self.refuse_overtaken(attempt)
            return
        if not (won and self.crashed_already(attempt)):
            attempts.write_attempts(self.state, [*known, attempt] if won else known)
        if attempt.outcome == attempts.FAILED:
            raise start_errors.start_failed(attempt)
        if attempt.outcome == attempts.SLOW:
            seen = self.look()
            if seen.kind is not Kind.SERVING:
                start_errors.raise_unresponsive(self.state, seen, time.monotonic() - self.began)

    def refuse_overtaken(self, attempt: attempts.Attempt) -> None:
        """Raise when a stop overtook a start that may ignore marks; others look at the mark."""
        if self.terms.ignore_stop_mark:
            raise DjobsError(ErrorCode.STOPPED_BY_USER, attempt.reason)

    def crashed_already(self, attempt: attempts.Attempt) -> bool:
        """Say whether the daemon was ready, fell over and wrote down why, all before us."""
        latest = attempts.read_attempts(self.state)[-1:]
        return attempt.outcome == attempts.READY and [
            (known.at, known.outcome) for known in latest
        ] == [(attempt.at, attempts.FAILED)]

    def begin(self, attempt: attempts.Attempt) -> bool:
        """Start it by whoever owns its life (R32); False when another daemon was there first."""
        owner = None if self.terms.daemon_main else service.read_service(self.state)
        if owner is not None:
            from djobs_local import start_by_service  # seldom needed

            afresh = self.terms.ignore_stop_mark
            won = start_by_service.start(owner, self.state, attempt, self.deadline, afresh=afresh)
            if won is not None:
                return won
        return self.spawn_and_listen(attempt)

    def spawn_and_listen(self, attempt: attempts.Attempt) -> bool:
        """Fill in ``attempt``; False when another daemon was there first."""
        try:
            child = spawn.spawn_daemon(self.state, self.who, self.terms.daemon_main)
        except (OSError, DjobsError) as error:
            verdict.not_spawned(attempt, error)
            return True
        attempt.log = child.log
        try:
            heard = verdict.listen(child.ready_fd, lambda: self.deadline, self.extend)
        finally:
            os.close(child.ready_fd)
        return verdict.judge(attempt, heard, child)


def _is_young(seen: presence.Presence) -> bool:
    """Say whether a start is so recent that it may still be at its slow steps, and not stuck."""
    return seen.since is not None and attempts.now_ms() - seen.since < PROGRESS_SECONDS_MAX * 1000
