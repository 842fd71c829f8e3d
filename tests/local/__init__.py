"""The machine-local package: folders, locks, records, identity, settings, finding a daemon."""
