"""What happens when: pure rules over state and clock, and the thin loop that acts on them."""
