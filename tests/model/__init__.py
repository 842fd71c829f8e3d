"""Random walks against a small model."""
