"""One job of a coding agent: the user's own agent CLI at work in a copy of the workspace.

``python -I <path>/__main__.py REQUEST.json ANSWER.json``, under a runner. A program of its own and
not the daemon's reading of a log, because what it enforces (turns, silence, tokens, money) and what
it makes at the end (the diff) must happen while no daemon lives, too. It needs the standard library
and msgspec; ``contract`` is what the daemon knows of it.
"""
