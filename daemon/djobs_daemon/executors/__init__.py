"""Runs: commands that outlive the daemon, each with a runner of its own."""
