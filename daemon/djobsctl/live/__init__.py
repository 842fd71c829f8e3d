"""Answers that stay on the screen, and up to date."""
