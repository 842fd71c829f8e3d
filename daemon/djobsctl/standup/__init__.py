"""``djobsctl report``: what was done in a time, read, put together and written."""
