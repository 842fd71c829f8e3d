"""Files of earlier releases, kept for ever."""
