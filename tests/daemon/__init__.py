"""The daemon: its start, its life and its end."""
