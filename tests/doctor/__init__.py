"""Whether ``djobsctl doctor`` finds what is wrong, and mends nothing unasked."""
