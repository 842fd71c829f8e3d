"""The door for agents: MCP over the shim's link. The only package that imports mcp."""
