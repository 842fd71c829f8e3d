"""A process that writes or undoes, and dies: ``crashing.py DOING ROOT UNDO POINT NTH``."""

import json
import os
import signal
import sys

from djobs_files.undoing import undo
from djobs_files.values import NewFile
from djobs_files.writing import write_all


def main() -> None:
    doing, root, undo_folder, point, nth = sys.argv[1:]
    left = int(nth)

    def reached(passed: str) -> None:
        nonlocal left
        left -= passed == point
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if doing == "write":
        files = [NewFile(path, text.encode()) for path, text in json.load(sys.stdin).items()]
        write_all(root, files, undo_folder, reached)
    else:
        undo(root, undo_folder, reached)


if __name__ == "__main__":
    main()
