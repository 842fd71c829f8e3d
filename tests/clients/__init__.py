"""Real coding agents and the MCP Inspector, driven offline, as test clients of djobs."""
