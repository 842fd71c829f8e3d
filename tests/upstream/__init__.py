"""Mistakes that others made before us."""
