"""Death at every step."""
