"""How things look to a person. Pure functions from values to text."""
