"""The Python library, against real daemons."""
