"""The daemon under a service manager."""
