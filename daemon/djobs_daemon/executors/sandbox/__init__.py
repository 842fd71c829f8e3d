"""Confining what a job runs: what may be asked, who enforces it, and whether that is true."""
