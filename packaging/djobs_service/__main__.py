"""Print the service file of this installation for this system."""

import os
import sys

from djobs_protocol.endpoint import state_dir
from djobs_service.finding import target_of
from djobs_service.plan import plan

sys.stdout.write(plan(target_of(state_dir(), os.environ)).files[0].content)
