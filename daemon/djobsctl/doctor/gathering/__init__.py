"""Looking at the machine for the checks, and changing nothing there."""
