"""How long to wait for a daemon. Pure: the clock's reading comes in."""

from djobs_shim.trouble import NEEDS_A_PERSON, Trouble

FIRST_WELCOME_SECONDS = 10.0
"""From the start, or from a daemon's start, to the first welcome; then the daemon is mute."""

FIRST_START_SECONDS_MAX = 75.0
"""Beyond the 60 s that a daemon may take to start when it reports progress."""

AWAY_SECONDS_MAX = 60.0
"""How long a client's line waits for a daemon that is away, later in a session."""

STOPPED_SECONDS_MAX = 8.0
"""The same when only a person helps: the daemon was stopped on purpose, or its file is damaged."""
SILENCE_SECONDS = 60.0
"""How long a connected daemon may leave a line unanswered before the client's log hears of it."""

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
        self._waited_before = 0.0
        """Seconds that a line waited in earlier absences, since a line was last acknowledged."""

    def welcomed(self, now: float) -> None:
        """Note that the daemon has answered the hello.

        No answer to anything else yet: daemons that come and go must not be waited for again and
        again.
        """
        self.first = False
        if self._asked_since is not None:
            self._waited_before += now - self._asked_since
        self._away_since = self._asked_since = None

    def acknowledged(self) -> None:
        """Note that the daemon has answered a line."""
        self._waited_before = 0.0

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
        stopped = trouble is not None and trouble.code in NEEDS_A_PERSON
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
        if self._asked_since is None:
            return away_since + AWAY_SECONDS_MAX
        return self._asked_since + AWAY_SECONDS_MAX - self._waited_before


class Silence:
    """Decides when a connected daemon has been silent for so long that the client should hear."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._acknowledged = 0
        self._noted = False

    def is_news(self, now: float, *, asked: bool, acknowledged: int) -> bool:
        """Say whether to tell now; once for each silence.

        ``asked``: a connected daemon has a line to answer. ``acknowledged`` counts its answers.
        """
        if not asked or self._since is None or acknowledged != self._acknowledged:
            self._since, self._acknowledged = (now if asked else None), acknowledged
            self._noted = False
            return False
        if self._noted or now < self._since + SILENCE_SECONDS:
            return False
        self._noted = True
        return True

    @property
    def deadline(self) -> float | None:
        """When it will be news; None for never."""
        if self._since is None or self._noted:
            return None
        return self._since + SILENCE_SECONDS
