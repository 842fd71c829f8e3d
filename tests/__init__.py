"""Tests of behaviour, against real processes, sockets and files."""
