"""How long to wait for a daemon. Pure: the clock's reading comes in."""

from djobs_shim.trouble import STOPPED_BY_USER, Trouble

FIRST_WELCOME_SECONDS = 10.0
"""From the start, or from a daemon's start, to the first welcome; then the daemon is mute."""

FIRST_START_SECONDS_MAX = 75.0
"""Beyond the 60 s that a daemon may take to start when it reports progress."""

AWAY_SECONDS_MAX = 60.0
"""How long a client's line waits for a daemon that is away, later in a session."""

STOPPED_SECONDS_MAX = 8.0
"""The same when the daemon was stopped on purpose: only a person who starts it again helps."""

KEEP_TRYING = "keep trying"
REST = "rest"
"""Try nothing more until the client says something."""
GIVE_UP = "give up"


class Patience:
    """Decides, from what happened when, whether to go on trying.

    Times are seconds of one monotonic clock.
    """

    def __init__(self, now: float) -> None:
        self._begun = now
        self._grace_from = now
        self.first = True
        """Whether no daemon has answered a hello yet."""
        self._away_since: float | None = now
        self._asked_since: float | None = None

    def welcomed(self) -> None:
        """Note that the daemon has answered the hello."""
        self.first = False
        self._away_since = self._asked_since = None

    def lost(self, now: float) -> None:
        """Note that the connection ended, or a rest did."""
        self._away_since = now
        self._asked_since = None

    def daemon_started(self, now: float) -> None:
        """Note that a daemon was just started and deserves its time."""
        self._grace_from = now

    def verdict(
        self, now: float, *, unanswered: bool, starting: bool, trouble: Trouble | None
    ) -> str:
        """Return ``KEEP_TRYING``, ``REST`` or ``GIVE_UP``."""
        if self._away_since is None:
            return KEEP_TRYING
        if self.first:
            return self._first(now, starting, trouble)
        self._note_asking(now, unanswered)
        late = now >= self._later_deadline(self._away_since)
        stopped = trouble is not None and trouble.code == STOPPED_BY_USER
        if unanswered:
            late = late or (stopped and now >= self._stopped_deadline(self._away_since))
            return GIVE_UP if late else KEEP_TRYING
        return REST if stopped or late else KEEP_TRYING

    def deadline(self, starting: bool) -> float | None:
        """Return when the verdict may change by itself; None for never."""
        if self._away_since is None:
            return None
        if self.first:
            return self._first_deadline(starting)
        return self._later_deadline(self._away_since)

    def waited_seconds(self, now: float) -> float:
        """Return how long there has been no answer."""
        return now - (self._begun if self._away_since is None else self._away_since)

    def _first(self, now: float, starting: bool, trouble: Trouble | None) -> str:
        if trouble is not None and not trouble.passing:
            return GIVE_UP
        return GIVE_UP if now >= self._first_deadline(starting) else KEEP_TRYING

    def _first_deadline(self, starting: bool) -> float:
        if starting:
            return self._begun + FIRST_START_SECONDS_MAX
        return self._grace_from + FIRST_WELCOME_SECONDS

    def _note_asking(self, now: float, unanswered: bool) -> None:
        if not unanswered:
            self._asked_since = None
        elif self._asked_since is None:
            self._asked_since = now

    def _stopped_deadline(self, away_since: float) -> float:
        since = away_since if self._asked_since is None else self._asked_since
        return since + STOPPED_SECONDS_MAX

    def _later_deadline(self, away_since: float) -> float:
        since = away_since if self._asked_since is None else self._asked_since
        return since + AWAY_SECONDS_MAX
