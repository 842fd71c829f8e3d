"""The daemon: one process per user that owns the queue. Nobody imports it."""
