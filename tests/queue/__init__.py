"""The rules over jobs."""
