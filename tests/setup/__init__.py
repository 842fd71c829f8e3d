"""Wiring agents: edits that damage nothing, the table of hosts, plans, and taking it back."""
