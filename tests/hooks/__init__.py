"""What hosts run when a session starts."""
