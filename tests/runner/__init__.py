"""Runners: real commands, real deaths."""
