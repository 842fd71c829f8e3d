"""Writing what decides which job may start: pauses, limits, parking, and the search itself."""

from djobs_daemon.store.records import Bounds, JobRow, Limited, Wanted
from djobs_daemon.store.sqlite import claims_view, limits, pauses, resources
from djobs_daemon.store.sqlite.asides import Asides
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import PauseScope


class Admitting(Asides):
    """The part of ``SqliteLedger`` that claims go by."""

    def next_ready(self, wanted: Wanted) -> JobRow | None:
        """Return the most urgent, then oldest, of the jobs that may be claimed now."""
        closed = self._book.gates.closed(self.now)
        names = self._book.names
        if wanted.but_workspaces:
            places = map(names.workspaces.known, wanted.but_workspaces)
            passed = {place for place in places if place is not None}
            closed = closed._replace(workspaces=closed.workspaces | passed)
        job = claims_view.next_ready(self._jobs_db, names, wanted, closed, self._name)
        if job is not None and job.seq in self._book.additions.retold:
            return self._numbered(job.seq)  # now with the text that was not written yet
        return job

    def park(self, job: JobRow) -> None:
        """Take a pending job out of the way of claims until its resource may be free."""
        resources.park(self._db, job.seq)

    def pause(self, scope: PauseScope, subject: str, reason: str | None) -> None:
        """Let no claim take what is meant; running jobs go on."""
        pauses.pause(self._db, scope, subject, reason, self._session, self.now)
        self._book.gates.forget()

    def resume(self, scope: PauseScope, subject: str) -> bool:
        """End a pause, and wake the claims that wait; say whether there was one."""
        ended = pauses.resume(self._db, scope, subject)
        self._book.resumed |= ended
        self._book.gates.forget()
        return ended

    def limit(self, what: Limited, bounds: Bounds) -> None:
        """Limit something, or limit it anew; running jobs go on, claims that wait are woken."""
        limits.put(self._db, what, bounds, self._session, self.now)
        self._changed_limit(what)

    def unlimit(self, what: Limited) -> bool:
        """End a limit, and wake the claims that wait; say whether there was one."""
        ended = limits.clear(self._db, what)
        self._changed_limit(what)
        return ended

    def reopen(self) -> None:
        """Let out, and wake, what a rate held up that lets more start now."""
        for limit in self._book.gates.as_they_stand(self.now):
            if limit.scope == "resource" and limit.starts is not None:
                self._let_out_of(Limited(*limit[:3]))
        self._book.resumed = True
        self._book.deadlines_moved = True

    def _changed_limit(self, what: Limited) -> None:
        self._book.gates.forget()
        self._let_out_of(what)
        self._book.resumed = True
        self._book.deadlines_moved = True

    def _let_out_of(self, what: Limited) -> None:
        parked = resources.first_parked(self._db, what) if what.scope == "resource" else None
        if parked is not None:
            self._book.ready += resources.let_out(self._db, parked)

    def _note_admission(self, before: JobRow, event: EventKind) -> None:
        """After a move: count a start, and let start what the job's end makes room for."""
        if event is EventKind.CLAIMED:
            self._book.deadlines_moved |= self._book.gates.note_start(before, self.now)
        elif before.state is JobState.RUNNING and self._book.gates.bound(before):
            self._book.resumed = True
        if before.resource_key is not None and (
            event is not EventKind.CLAIMED or self._book.gates.limits
        ):
            self._book.ready += resources.let_out(self._db, before.seq)
