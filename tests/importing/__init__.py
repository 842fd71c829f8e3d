"""Work that comes over from other tools."""
