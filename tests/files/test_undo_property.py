"""Whatever is written over whatever tree, the undo puts back the tree."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from djobs_files.values import NewFile
from djobs_protocol.errors import DjobsError
from tests.files.conftest import Place

NAMES = st.sampled_from(["a", "b", "A", "c.txt", "d e", "é"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.binary(max_size=20)
MODES = st.sampled_from([0o644, 0o600, 0o755, 0o444, 0o4711])
TREES = st.dictionaries(PATHS, st.tuples(CONTENTS, MODES), max_size=6)
WRITES = st.lists(
    st.builds(NewFile, PATHS, CONTENTS, st.none() | st.sampled_from([0o644, 0o700])), max_size=6
)


def grow(root: Path, tree: dict[str, tuple[bytes, int]]) -> None:
    """Make what can be made of a tree in which files and folders may share names."""
    for path, (content, mode) in tree.items():
        target = root / path
        if target.exists() or any(parent.is_file() for parent in target.parents):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(mode)


@settings(deadline=None)
@given(TREES, WRITES)
def test_write_and_undo_leave_what_was_before(
    tree: dict[str, tuple[bytes, int]], writes: list[NewFile]
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        place = Place(folder)
        grow(place.root, tree)
        before = place.state()
        try:
            receipts = place.write(*writes)
        except DjobsError:
            assert place.state() == before
            return
        for receipt, file in zip(receipts, writes, strict=True):
            assert (place.root / receipt.path).read_bytes() == file.content
        place.undo()
        assert place.state() == before
    finally:
        shutil.rmtree(folder)
