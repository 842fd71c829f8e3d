"""``djobsctl top``: a state, a function from state and event to state, a function to lines."""
