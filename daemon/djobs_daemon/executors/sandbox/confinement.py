"""What a command may do to the machine: plain values, decided before anything is started."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How much is confined; each includes the one before it. Recorded on the job as its value."""

    NONE = "none"
    """Nothing: the command may do what its user may."""
    WRITE = "write"
    """Writes stay inside the workspace, secrets cannot be read, no process outside is reached."""
    WRITE_NETWORK = "write+network"
    """And nothing is reached over any network, the machine's own loopback included."""

    def covers(self, required: "Level") -> bool:
        """Say whether this level is at least the one required."""
        return _ASCENDING.index(self) >= _ASCENDING.index(required)


_ASCENDING: Final = (Level.NONE, Level.WRITE, Level.WRITE_NETWORK)


@dataclass(frozen=True)
class Confinement:
    """What one command may see and write. Made by ``places.confine``.

    All paths are absolute, exist and have no symbolic link in them, so that a provider need not
    look at the disk. Of two paths inside each other the inner one decides.
    """

    workspace: str
    """Read and write; also where the command starts, unless ``cwd`` says otherwise."""
    network: bool = False
    """Whether the machine's network is there; otherwise an empty one."""
    read_write: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    """What is inside something that may be written, and may not."""
    hidden_folders: tuple[str, ...] = ()
    """Seen as empty."""
    hidden_files: tuple[str, ...] = ()
    """Seen as something that cannot be opened. Sockets are files, too."""
    private: tuple[str, ...] = ()
    """Folders that are the command's own, empty at its start and gone with it: /tmp."""
    cwd: str = ""
    """Where the command starts; the workspace, if empty."""

    @property
    def level(self) -> Level:
        """What this asks for."""
        return Level.WRITE if self.network else Level.WRITE_NETWORK

    @property
    def start(self) -> str:
        """Where the command starts."""
        return self.cwd or self.workspace

    @property
    def writable(self) -> tuple[str, ...]:
        """The workspace and what else may be written and outlives the command."""
        return (self.workspace, *self.read_write)
