"""How far each channel has told of the history: a small file beside the database.

It may be lost or old: what was told already stands in the record of notices, and is not told again.
"""

import logging

from djobs_local.records import integer, read_record, write_record

log = logging.getLogger(__name__)

NAME = "notified.json"


class Places:
    """The places of all channels, of one database."""

    def __init__(self, path: str, database: str) -> None:
        self._path = path
        record = read_record(path) or {}
        is_ours = record.get("database") == database
        self._known = {
            name: place
            for name in (record if is_ours else ())
            if (place := integer(record, name)) is not None
        }
        self._database = database

    def of(self, channel: str) -> int | None:
        """Return how far a channel has told; None for one that is new."""
        return self._known.get(channel)

    def move(self, channel: str, offset: int) -> None:
        """Remember it. A disk that refuses costs a look at the record of notices later."""
        self._known[channel] = offset
        try:
            write_record(self._path, {"database": self._database, **self._known})
        except OSError as error:
            log.warning("Where notifications stand was not kept.", extra={"error": str(error)})
