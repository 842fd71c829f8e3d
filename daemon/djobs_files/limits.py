"""What one call may write."""

from typing import Final

FILES_MAX: Final = 1000
FILE_BYTES_MAX: Final = 16 * 1024 * 1024
BYTES_MAX: Final = 64 * 1024 * 1024
"""Of all new content together, and again of all old content, which is kept for the undo."""
NAME_BYTES_MAX: Final = 255
PATH_BYTES_MAX: Final = 4000
DEPTH_MAX: Final = 100
"""Folders inside each other."""
