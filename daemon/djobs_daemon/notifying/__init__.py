"""Telling people what happened: on the desktop, to a web service, by a command of theirs."""
