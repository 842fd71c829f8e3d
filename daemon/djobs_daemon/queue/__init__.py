"""What a job may do. Pure functions over plain values; no I/O, no clock of their own."""
