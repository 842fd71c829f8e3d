"""Print the systemd user unit of this installation."""

import sys

from djobs_service import installed_daemon, systemd_unit

sys.stdout.write(systemd_unit(installed_daemon()))
