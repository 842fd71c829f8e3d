"""What ``init``, ``install-mcp``, ``repair`` and ``remove`` share: looking, asking, doing."""
