"""Kills at random moments under real work: nothing lost, nothing done twice."""
