"""Every error, from the one catalogue."""

from djobs_docs.markdown import code, table
from djobs_protocol.errors import CATALOGUE


def page() -> str:
    """Return the page."""
    rows = [
        [code(each), code(str(entry.rpc)), code(str(entry.exit)), entry.meaning, entry.hint]
        for each, entry in CATALOGUE.items()
    ]
    return INTRODUCTION + table(["code", "RPC number", "exit status", "meaning", "next"], rows)


INTRODUCTION = """# Errors

The same codes come through every door: `error.data.code` over RPC, `"error"` in the answer of an
MCP tool, `DjobsError.code` in Python, and the exit status of `djobsctl`. A message says what
happened to whom; the catalogue says what to do next.

"""
