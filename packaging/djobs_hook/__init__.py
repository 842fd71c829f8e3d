"""What a host's session-start hook runs: it says what is unfinished, or nothing.

Started as the shim is, ``python -I -S <path>/__main__.py HOST``, and as light. It never starts a
daemon, never fails, and is over after ``hook.BOUND_SECONDS`` whatever happens.
"""
