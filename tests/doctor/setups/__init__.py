"""The broken set-ups, by the check that finds them."""
