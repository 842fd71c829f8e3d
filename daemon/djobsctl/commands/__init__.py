"""One file per command. Each has the same three functions.

``options(parser)``: declare the arguments.
``run(args, talk) -> Outcome``: do it, and say what came of it as one JSON document. Errors are
``DjobsError``.
``render(document, screen) -> str``: pure; the same document for a person.
"""
