"""How djobs reaches a machine."""
