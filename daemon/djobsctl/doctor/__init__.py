"""``djobsctl doctor``: what may be wrong with a set-up, why that matters, and what mends it."""
