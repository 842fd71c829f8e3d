"""The tables of the config file about agent CLIs."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

from djobs_agent.contract import StreamKind
from djobs_protocol.errors import DjobsError, ErrorCode


class AgentCli(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[agents.NAME]``: one CLI, and how it is spoken to."""

    stream: StreamKind
    """What its output is, which for ``claude`` and ``codex`` also says what it is started with."""
    command: list[str] = []
    """The program, and what stands before djobs' own arguments; of ``text`` all of it, with
    ``{model}``, ``{max_turns}`` and ``{mcp_config}`` in it replaced. The task comes on stdin."""
    arguments: list[str] = []
    """What stands after djobs' own."""

    @property
    def program(self) -> list[str]:
        """What is started."""
        return self.command or [self.stream]


AgentClis: TypeAlias = Mapping[str, AgentCli]

BUILT_IN: Final[AgentClis] = {
    "claude": AgentCli(stream="claude"),
    "codex": AgentCli(stream="codex"),
}


def agent_clis(tables: Mapping[str, Any], path: str) -> AgentClis:
    """Return ``[agents]`` of a config file, the built-in ones among them.

    ``CONFIG_INVALID`` says what is wrong in it.
    """
    where = f"{path}: [agents]"
    try:
        own = msgspec.convert(tables.get("agents", {}), dict[str, AgentCli])
    except msgspec.ValidationError as error:
        raise DjobsError(ErrorCode.CONFIG_INVALID, f"{where}: {error}.") from None
    for name, each in own.items():
        if each.stream == "text" and not each.command:
            raise DjobsError(ErrorCode.CONFIG_INVALID, f"{where}: {name} needs its command.")
    return {**BUILT_IN, **own}
