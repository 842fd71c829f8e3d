"""Whether the files of a home are this user's own, and only his."""

import shlex
from dataclasses import dataclass

from djobsctl.doctor.files import Seen
from djobsctl.doctor.finding import Finding, Kind, Level, Trouble, found, well

LINK = Trouble(
    "folder-link",
    Level.PROBLEM,
    "The home, or a folder of it, is a symbolic link.",
    "Every client refuses it: whoever can change the link could be the daemon tomorrow.",
    "`rm LINK && mv TARGET LINK`, or set `DJOBS_HOME` to the real folder",
)
NOT = Trouble(
    "folder-not",
    Level.PROBLEM,
    "Something that is no folder lies where the home, or a folder of it, belongs.",
    "No daemon can start.",
    "`mv PATH PATH.old`, after a look at what it is",
)
OWNER = Trouble(
    "owner-foreign",
    Level.PROBLEM,
    "Files of the home belong to another user, as after `sudo djobsctl`.",
    "The daemon can neither read nor replace them.",
    "`sudo chown -R USER HOME`",
)
OPEN = Trouble(
    "folder-open",
    Level.PROBLEM,
    "The home, or a folder of it, is open to others.",
    "Every client refuses it: others could put their own socket or database there.",
    "`chmod 700 FOLDER`",
    safe=True,
)
SHUT = Trouble(
    "folder-shut",
    Level.PROBLEM,
    "The home, or a folder of it, may not be written or entered by its own user.",
    "No daemon can start, or it cannot keep its log, its backups or its database.",
    "`chmod 700 FOLDER`",
)
FILE = Trouble(
    "file-open",
    Level.WARNING,
    "Others may read the database.",
    "It has all that agents wrote down: tasks, evidence, what commands printed.",
    "`chmod 600 FILE`",
    safe=True,
)
KEYS = Trouble(
    "secrets-open",
    Level.PROBLEM,
    "Others may read `secrets.env`, which has your keys.",
    "djobs refuses to use it, so no job that asks a model runs.",
    "`chmod 600 FILE`",
    safe=True,
)
TROUBLES = (LINK, NOT, OWNER, OPEN, SHUT, FILE, KEYS)

_OWN = 0o700


@dataclass(frozen=True)
class Folders:
    """What a home consists of, as far as it is there."""

    home: str
    user: int
    folders: tuple[Seen, ...]
    """The home first; the folders of the socket as well."""
    databases: tuple[Seen, ...]
    secrets: Seen | None
    foreign: tuple[str, ...]
    """Paths in the home that belong to somebody else."""


def look(facts: Folders) -> list[Finding]:
    """Judge owners and rights."""
    findings = [finding for each in facts.folders for finding in _folder(each, facts)]
    if facts.foreign:
        findings.append(_foreign(facts))
    findings += [_open(FILE, each) for each in facts.databases if each.open_to_others]
    if facts.secrets is not None and facts.secrets.open_to_others:
        findings.append(_open(KEYS, facts.secrets))
    if not facts.folders and not findings:
        return well(f"{facts.home} is not there yet; the first daemon makes it")
    return findings or well(f"{facts.home} is yours alone")


def _folder(seen: Seen, facts: Folders) -> list[Finding]:
    quoted = shlex.quote(seen.path)
    if seen.kind == "link":
        return [found(LINK, f"{seen.path} is a symbolic link.", _unlinked(quoted))]
    if seen.kind != "folder":
        says = f"{seen.path} is a {seen.kind}, and no folder."
        return [found(NOT, says, f"mv {quoted} {shlex.quote(seen.path + '.old')}")]
    if seen.uid != facts.user:
        says = f"{seen.path} belongs to uid {seen.uid}, you are uid {facts.user}."
        return [found(OWNER, says, f"sudo chown -R {facts.user} {quoted}")]
    if seen.open_to_others:
        says = f"{seen.path} has mode {seen.mode:04o}."
        return [found(OPEN, says, f"chmod 700 {quoted}", repair=seen.repair(Kind.PRIVATE))]
    if seen.mode & _OWN != _OWN:
        return [found(SHUT, f"{seen.path} has mode {seen.mode:04o}.", f"chmod 700 {quoted}")]
    return []


def _unlinked(quoted: str) -> str:
    """Return a command that puts the folder that a link leads to in the link's place."""
    return f'target=$(readlink -f {quoted}) && rm {quoted} && mv "$target" {quoted}'


def _foreign(facts: Folders) -> Finding:
    more = len(facts.foreign) - 1
    says = f"{facts.foreign[0]}{f' and {more} more' if more else ''}: of another user."
    return found(OWNER, says, f"sudo chown -R {facts.user} {shlex.quote(facts.home)}")


def _open(trouble: Trouble, seen: Seen) -> Finding:
    command = f"chmod 600 {shlex.quote(seen.path)}"
    says = f"{seen.path} has mode {seen.mode:04o}."
    return found(trouble, says, command, repair=seen.repair(Kind.PRIVATE))
