"""Looking at the socket."""

import os

from djobs_protocol.endpoint import socket_path
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.address import TROUBLES, Address, look
from djobsctl.doctor.files import see
from djobsctl.doctor.place import Place


def gather(place: Place) -> Address:
    """Look at what is at the socket's path."""
    path = socket_path(place.home)
    return Address(path, place.home, os.geteuid(), see(path), place.lives)


CHECK = Check("address", "Socket", TROUBLES, gather, look)
