"""Being told of events, whatever becomes of the daemon meanwhile."""

from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError
from djobsctl.daemon import DEPARTURE, open_connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from djobsctl.talk import Talk


def follow(
    talk: "Talk", selection: "dict[str, Any]", place: "dict[str, Any]"
) -> "Iterator[dict[str, Any]]":
    """Yield notices of events without end; the first is empty and says that no event is missed now.

    ``place`` says from where on (``after``, ``since``, or neither). When the daemon goes away, the
    next one is asked for what came after the last event: it must serve the same database.
    """
    database: str | None = None
    while True:
        connection = open_connection(state_dir(), talk, database=database)
        try:
            begun = connection.call("events.subscribe", {**selection, **place})
            if database is None:
                yield {"offset": begun["offset"]}
            database = connection.welcome["database"]
            place = {"after": begun["offset"]}
            while True:
                notice = connection.next_notice()
                place = {"after": notice["offset"]}
                yield notice
        except DjobsError as error:
            if error.code not in DEPARTURE:
                raise
        finally:
            connection.close()


def read(
    call: "Any", selection: "dict[str, Any]", place: "dict[str, Any]"
) -> "Iterator[dict[str, Any]]":
    """Yield pages of what there is already, to the end of the history."""
    while True:
        page = call("events.read", {**selection, **place})
        yield page
        if not page.get("more"):
            return
        place = {"after": page["offset"]}
