"""The versions that are negotiated or recorded. Each moves for its own reason (R16).

``VERSION`` is the release, and the build id that both sides of a hello report.
``PROTOCOL_MIN``/``PROTOCOL_MAX`` is the range of the RPC protocol this build speaks.
``LINK_VERSION`` is the shim's line relay. ``SCHEMA_VERSION`` is the database's.
No ``typing`` at run time: the shim imports this.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

VERSION: Final = "0.1.0"
PROTOCOL_MIN: Final = 1
PROTOCOL_MAX: Final = 1
LINK_VERSION: Final = 1
SCHEMA_VERSION: Final = 11
