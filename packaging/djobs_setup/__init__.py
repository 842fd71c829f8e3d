"""Wiring djobs to the agents of a machine, and taking it out again. Standard library only."""
