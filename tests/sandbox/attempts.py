"""The table of attempts to escape: what each does, how it shows, and which level refuses it."""

from collections.abc import Callable
from dataclasses import dataclass

from djobs_daemon.executors.sandbox.confinement import Level
from tests.sandbox.scene import Scene


@dataclass(frozen=True)
class Attempt:
    """One way out. Without a sandbox it works, which the tests prove as well."""

    name: str
    what: str
    """As it stands in docs/sandbox.md."""
    program: str
    """Python; ``S`` holds the names of the scene."""
    worked: Callable[[Scene], bool]
    refused_from: Level = Level.WRITE
    listener: str = ""
    """The socket of the file system that it is about."""


def _killed(scene: Scene) -> bool:
    return scene.process.poll() is not None


def _heard(name: str) -> Callable[[Scene], bool]:
    return lambda scene: scene.heard(name)


def _hooked(scene: Scene) -> bool:
    return (scene.workspace / ".git" / "hooks" / "pre-commit").read_text() != "old"


_WRITE = "open({}, 'w').write(S['token'])\n"
_TELL = "open(S['told'], 'w').write(open({}).read())\n"
_MOUNT = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.mount(None, b"/", None, 0x1020, None)  # MS_REMOUNT | MS_BIND, writable
libc.mount(None, S["outside"].encode(), None, 0x1020, None)
"""
_CONNECT = """
link = socket.socket(socket.AF_UNIX)
link.connect({})
link.sendall(S["token"].encode())
"""

WRITES = (
    Attempt("absolute", "write to an absolute path", _WRITE.format("S['victim']"), Scene.harmed),
    Attempt("dotdot", "write to `../outside`", _WRITE.format("'../outside/victim'"), Scene.harmed),
    Attempt(
        "link_there",
        "write through a symbolic link that is in the workspace",
        _WRITE.format("'link/victim'"),
        Scene.harmed,
    ),
    Attempt(
        "link_made",
        "make a symbolic link out of the workspace and write through it",
        "os.symlink(S['victim'], 'made')\n" + _WRITE.format("'made'"),
        Scene.harmed,
    ),
    Attempt(
        "hard_link",
        "make a hard link to a file outside and write through it",
        "os.link(S['victim'], 'made')\n" + _WRITE.format("'made'"),
        Scene.harmed,
    ),
    Attempt(
        "rename",
        "put a file of the workspace over one outside",
        _WRITE.format("'mine'") + "os.rename('mine', S['victim'])",
        Scene.harmed,
    ),
    Attempt("truncate", "truncate a file outside", "os.truncate(S['victim'], 0)", Scene.harmed),
    Attempt(
        "self_root",
        "write by way of `/proc/self/root`",
        _WRITE.format("'/proc/self/root' + S['victim']"),
        Scene.harmed,
    ),
    Attempt(
        "init_root",
        "write by way of `/proc/1/root`",
        "import glob\nfor root in ('/proc/1/root', '/proc/%d/root' % os.getppid()):\n"
        "    try:\n        " + _WRITE.format("root + S['victim']") + "    except OSError: pass",
        Scene.harmed,
    ),
    Attempt(
        "victim_root",
        "write by way of another process' `/proc/PID/root`",
        _WRITE.format("'/proc/%d/root' % S['pid'] + S['victim']"),
        Scene.harmed,
    ),
    Attempt(
        "remount",
        "make the disk writable again",
        _MOUNT + _WRITE.format("S['victim']"),
        Scene.harmed,
    ),
    Attempt(
        "namespace",
        "become root of a new user namespace, make the disk writable there",
        "import ctypes\nctypes.CDLL(None).unshare(0x10020000)\n"
        + _MOUNT
        + _WRITE.format("S['victim']"),
        Scene.harmed,
    ),
    Attempt(
        "tmp",
        "leave a file in `/tmp` for other programs",
        _WRITE.format("S['shared']"),
        lambda scene: scene.shared.exists(),
    ),
    Attempt(
        "shm",
        "leave a file in `/dev/shm` for other programs",
        _WRITE.format("S['memory']"),
        lambda scene: scene.memory.exists(),
    ),
    Attempt(
        "git_hook",
        "change a git hook, which runs outside later",
        _WRITE.format("'.git/hooks/pre-commit'"),
        _hooked,
    ),
    Attempt(
        "git_config",
        "have git read other settings, which name programs to run",
        _WRITE.format("'.git/commondir'"),
        lambda scene: (scene.workspace / ".git" / "commondir").exists(),
    ),
    Attempt(
        "git_swap",
        "put another `.git` with another hook in the place of the one that is protected",
        "os.rename('.git', 'old')\nos.makedirs('.git/hooks')\n"
        + _WRITE.format("'.git/hooks/pre-commit'"),
        _hooked,
    ),
)
READS = (
    Attempt(
        "ssh", "read a key in `~/.ssh`", _TELL.format("S['home'] + '/.ssh/id'"), Scene.was_told
    ),
    Attempt(
        "ssh_root",
        "read it by way of `/proc/PID/root`",
        "for pid in (1, os.getppid(), S['pid']):\n    try:\n        "
        + _TELL.format("'/proc/%d/root' % pid + S['home'] + '/.ssh/id'")
        + "    except OSError: pass",
        Scene.was_told,
    ),
    Attempt(
        "ssh_link",
        "link the key into the workspace and read it",
        "os.symlink(S['home'] + '/.ssh/id', 'key')\n" + _TELL.format("'key'"),
        Scene.was_told,
    ),
)
PROCESSES = (
    Attempt("kill", "kill a process outside", "os.kill(S['pid'], 9)", _killed),
    Attempt(
        "cmdline",
        "read another process' command line",
        _TELL.format("'/proc/%d/cmdline' % S['pid']"),
        Scene.was_told,
    ),
    Attempt(
        "environ",
        "read another process' environment",
        _TELL.format("'/proc/%d/environ' % S['pid']"),
        Scene.was_told,
    ),
    Attempt(
        "ptrace",
        "attach to a process outside with ptrace",
        "import ctypes\n"
        "done = ctypes.CDLL(None).ptrace(0x4206, S['pid'], None, None)\n"  # PTRACE_SEIZE
        "open(S['told'], 'w').write(S['token'] if done == 0 else 'no')",
        Scene.was_told,
    ),
    Attempt(
        "survive",
        "leave a process behind that goes on",
        "import fcntl\nfile = open('lock', 'a')\nfcntl.flock(file, fcntl.LOCK_EX)\n"
        "if os.fork() == 0:\n    os.setsid()\n    os.close(1)\n    os.close(2)\n"
        "    import signal\n    signal.alarm(15)\n    signal.pause()",
        Scene.held,
    ),
)
SOCKETS = (
    Attempt(
        "daemon_socket",
        "speak to djobs' own socket",
        _CONNECT.format("S['daemon']"),
        _heard("daemon"),
        listener="daemon",
    ),
    Attempt(
        "path_socket",
        "speak to a Unix socket of another program",
        _CONNECT.format("S['path']"),
        _heard("path"),
        listener="path",
    ),
    Attempt(
        "abstract_socket",
        "speak to an abstract Unix socket",
        _CONNECT.format("S['abstract']"),
        _heard("abstract"),
        Level.WRITE_NETWORK,
    ),
    Attempt(
        "tcp",
        "connect to a listener on this machine",
        "link = socket.create_connection(('127.0.0.1', S['tcp']), 5)\n"
        "link.sendall(S['token'].encode())",
        _heard("tcp"),
        Level.WRITE_NETWORK,
    ),
    Attempt(
        "udp",
        "send a datagram to this machine",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        ".sendto(S['token'].encode(), ('127.0.0.1', S['udp']))",
        _heard("udp"),
        Level.WRITE_NETWORK,
    ),
)
ATTEMPTS = (*WRITES, *READS, *PROCESSES, *SOCKETS)


def table() -> list[str]:
    """Return the lines of the table in docs/sandbox.md."""
    lines = ["| attempt | `write` | `write+network` |", "|---|---|---|"]
    for attempt in ATTEMPTS:
        at_write = "refused" if Level.WRITE.covers(attempt.refused_from) else "works"
        lines.append(f"| {attempt.what} | {at_write} | refused |")
    return lines
