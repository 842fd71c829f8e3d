"""Reading what the work of a job printed: as it stands, or as it comes."""

import binascii
from typing import NamedTuple

from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError
from djobs_protocol.limits import WAIT_SECONDS_MAX
from djobs_protocol.log_places import next_place
from djobsctl.daemon import DEPARTURE, open_connection, session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from djobs_local.call import Connection
    from djobsctl.talk import Talk

ANSWER_SECONDS = 10.0
"""For the answer, beside what the daemon itself waits."""


class Place(NamedTuple):
    """Where the reading of a job's output stands."""

    attempt: int | None = None
    """The last one, when None."""
    after: int = 0
    """The offset to go on from; negative: so far from the end."""
    alone: bool = False
    """No attempt but this one."""

    def params(self, job_id: str) -> "dict[str, Any]":
        """Return what to ask."""
        which = {} if self.attempt is None else {"generation": self.attempt}
        return {"job_id": job_id, "after": self.after, **which}


def data_of(chunk: "dict[str, Any]") -> bytes:
    """Return what was printed."""
    return binascii.a2b_base64(chunk["data"])


def has_begun(chunk: "dict[str, Any]") -> bool:
    """Say whether there was such an attempt."""
    return 0 < int(chunk["generation"]) <= int(chunk.get("last_generation", 0))


def beyond(place: Place, chunk: "dict[str, Any]") -> Place | None:
    """Return where to go on after a chunk; None when there is no more to come."""
    found = next_place(
        chunk["generation"],
        chunk["next_offset"],
        may_be_more=bool(chunk["data"] or chunk.get("running")),
        last_generation=chunk.get("last_generation", 0),
        ended=chunk.get("ended", False),
        alone=place.alone,
    )
    return None if found is None else place._replace(attempt=found[0], after=found[1])


def read(talk: "Talk", job_id: str, place: Place) -> "Iterator[dict[str, Any]]":
    """Yield what an attempt has printed by now."""
    with session(talk) as call:
        chunk = call("job.log", place.params(job_id))
        yield chunk
        end = chunk["end"]
        while chunk["data"] and chunk["next_offset"] < end:
            place = Place(chunk["generation"], chunk["next_offset"])
            chunk = call("job.log", place.params(job_id))
            yield chunk


def follow(talk: "Talk", job_id: str, begin: Place) -> "Iterator[dict[str, Any]]":
    """Yield what is printed until the job has ended; the daemon waits, and nobody polls.

    When the daemon goes away the next one is asked from the same place: it must serve the same
    database.
    """
    place: Place | None = begin
    chunk: dict[str, Any] | None = None
    database: str | None = None
    while place is not None:
        with open_connection(state_dir(), talk, database=database) as connection:
            database = connection.welcome["database"]
            try:
                while place is not None:
                    chunk = _next(connection, talk, job_id, place, chunk)
                    place = beyond(place, chunk)
                    yield chunk
            except DjobsError as error:
                if error.code not in DEPARTURE:
                    raise


def print_chunk(chunk: "dict[str, Any]", talk: "Talk") -> None:
    """Print what was printed as it is, and say how much of it is not kept."""
    from djobsctl.output import print_bytes
    from djobsctl.present.joblog import gap

    if chunk.get("missing_bytes"):
        talk.say(gap(chunk))
    print_bytes(data_of(chunk))


def _next(
    connection: "Connection",
    talk: "Talk",
    job_id: str,
    place: Place,
    last: "dict[str, Any] | None",
) -> "dict[str, Any]":
    """Return the next chunk: at first how it stands now, later when there is something."""
    params = place.params(job_id)
    if last is None:
        return connection.call("job.log", params)
    params["wait_seconds"] = WAIT_SECONDS_MAX
    if place.attempt is not None and place.attempt <= last.get("last_generation", 0):
        return connection.call("job.log", params, WAIT_SECONDS_MAX + ANSWER_SECONDS)
    with talk.waiting(f"{job_id} waits; `djobsctl why {job_id}` says what for ..."):
        return connection.call("job.log", params, WAIT_SECONDS_MAX + ANSWER_SECONDS)
