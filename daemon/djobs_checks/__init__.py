"""The program that looks at files for a job's checks; never part of the daemon's process."""
