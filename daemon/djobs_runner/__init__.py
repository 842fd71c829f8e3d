"""The process that executes one job and outlives the daemon. Standard library only."""
