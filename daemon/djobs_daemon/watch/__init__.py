"""Waking up when something in a folder changes, without looking at it all the time."""
