"""djobs-mcp: what an editor starts. Standard library only."""
