"""Every method of the RPC protocol, with what it takes and gives."""

from itertools import groupby

import msgspec

from djobs_docs.fields import Field, fields_of, summary_of
from djobs_docs.markdown import code, table
from djobs_protocol.daemon_replies import Welcome
from djobs_protocol.daemon_requests import Hello
from djobs_protocol.limits import FRAME_BYTES_MAX
from djobs_protocol.replies import REPLIES
from djobs_protocol.requests import HELLO_METHOD, METHODS
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN


def page() -> str:
    """Return the page."""
    parts = [INTRODUCTION, _method(HELLO_METHOD, Hello, Welcome)]
    for family, named in groupby(sorted(METHODS), lambda method: method.partition(".")[0]):
        parts.append(f"## {family}\n\n")
        parts += [_method(name, METHODS[name], REPLIES[METHODS[name]]) for name in named]
    return "".join(parts)


def _method(name: str, request: type[msgspec.Struct], reply: type[msgspec.Struct]) -> str:
    given = _fields("Takes nothing.", "parameter", fields_of(request))
    answer = f"Answers `{reply.__name__}`: {summary_of(reply)}\n\n"
    got = _fields("", "field", [each._replace(required=False) for each in fields_of(reply)])
    return f"### {name}\n\n{summary_of(request)}\n\n{given}\n{answer}{got}\n"


def _fields(nothing: str, name: str, fields: list[Field]) -> str:
    if not fields:
        return f"{nothing}\n" if nothing else ""
    return table(
        (name, "type", "meaning"),
        [
            [code(each.name) + (" (required)" if each.required else ""), each.kind, each.meaning]
            for each in fields
        ],
    )


INTRODUCTION = f"""# Protocol

JSON-RPC 2.0 over the user's Unix socket, one JSON object a line, at most {FRAME_BYTES_MAX:,}
bytes each. This is version {PROTOCOL_MAX}; the daemon speaks {PROTOCOL_MIN} to {PROTOCOL_MAX}.
The first line is `hello`. Unknown fields are ignored, so that older and newer ends understand
each other. `djobsctl schema` prints the same as JSON Schema, with every nested type.
[Errors](errors.md) have one catalogue.

A write carries a request key (`session` of the hello, `id` of the call): asked again, it is
answered as before and done once.

"""
