"""Lets a program of djobs' own find what it was installed with, however isolated it was started.

Imported by the programs that are started as files, before anything else. Standard library only.
"""

import os
import sys


def find_packages() -> None:
    """Put what lies beside this package on the path, and take off it what found this package.

    ``-I`` leaves out the user's site folder, ``PYTHONPATH`` and the program's own folder, which is
    where `pip install --user` and `--target` put djobs and all that it needs. In a checkout the
    protocol has a folder of its own, and what it needs is where pip puts things. Before the site
    folders, which may hold older versions of the same, and after the standard library.
    """
    beside = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.path[:1] == [beside]:
        del sys.path[0]
    wanted = [beside]
    if os.path.basename(beside) == "daemon":
        wanted.append(os.path.join(os.path.dirname(beside), "protocol"))
        if sys.prefix == sys.base_prefix:
            import site

            wanted.append(site.getusersitepackages())
    sites = (number for number, folder in enumerate(sys.path) if folder.endswith("-packages"))
    place = next(sites, len(sys.path))
    sys.path[place:place] = [folder for folder in wanted if folder not in sys.path]
