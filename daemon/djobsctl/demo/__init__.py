"""The demo: a real agent, real kills, and a ledger that is asked afterwards what happened.

``story`` tells it, ``agent`` is the process that plays the coding agent, ``home`` is the private
place it all happens in, ``verdict`` judges by the ledger alone.
"""
