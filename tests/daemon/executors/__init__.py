"""Runs: what the daemon does with runners."""
