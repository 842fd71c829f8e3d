"""Several sessions that share work."""
