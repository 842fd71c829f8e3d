"""djobs-mcp, as a state machine and as a process."""
