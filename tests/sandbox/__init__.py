"""What a confined command cannot do, tried with real processes."""
