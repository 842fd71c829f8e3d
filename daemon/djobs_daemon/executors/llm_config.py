"""The tables of the config file about models, and about types of the user's own."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from djobs_agent.contract import Limits as AgentLimits
from djobs_daemon.executors.orders import Limits as CommandLimits
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.confining import Wish
from djobs_daemon.executors.shell_policy import ShellPolicy
from djobs_daemon.executors.variables import VariableRules
from djobs_daemon.queue.job_environment import Policy
from djobs_daemon.queue.routing import (
    DEFAULT_ALIASES,
    DEFAULT_PROVIDERS,
    DEFAULT_TIERS,
    RoutingTable,
)
from djobs_daemon.queue.shell_rules import ShellRules, rule
from djobs_llm.contract import JOB_TYPES, Limits, OutputKind, Price, Provider
from djobs_protocol.errors import DjobsError, ErrorCode

T = TypeVar("T")

SHELL: Final = "shell"
AGENT: Final = "agent"
Apply: TypeAlias = Literal["ask", "auto"]


class LlmTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[llm]``: what is set goes before what is built in, name by name."""

    providers: dict[str, Provider] = {}
    tiers: dict[str, list[str]] = {}
    aliases: dict[str, str] = {}
    prices: dict[str, Price] = {}
    """By ``provider:model``."""
    steering_path: str | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Of one response; without it the most that the model can write."""
    limits: Limits = Limits()

    def routing(self) -> RoutingTable:
        """Return the table that jobs are routed by."""
        return RoutingTable(
            providers={**DEFAULT_PROVIDERS, **self.providers},
            tiers=DEFAULT_TIERS | {name: tuple(each) for name, each in self.tiers.items()},
            aliases={**DEFAULT_ALIASES, **self.aliases},
        )


class TypeTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[types.NAME]``: a type of work of the user's own."""

    executor: Literal["shell", "llm", "agent"]
    allow_shell: bool = False
    """Of ``shell``: ``spec`` goes through /bin/sh, pipes and all."""
    allow: list[list[str]] = []
    deny: list[list[str]] = []
    """Of ``shell``: rules, each a program and patterns of its arguments; see ``shell_rules``."""
    sandbox: Level = Level.NONE
    """Of ``shell`` and ``agent``: what is required; where nothing enforces it, the job fails."""
    read_write: list[str] = []
    """With a sandbox: folders besides the workspace that may be written. Absolute."""
    hidden: list[str] = []
    """With a sandbox: paths that may not be read, besides known secrets. Absolute."""
    system: str | None = None
    """Of ``llm``: the system prompt, required there; of ``agent``: said before each task."""
    output: OutputKind = "files"
    """Of ``llm``: what is returned."""
    model: str = ""
    """Of ``llm`` and ``agent``: where the job names none."""
    agent: str = "claude"
    """Of ``agent``: a name of ``[agents]``, where the job names none."""
    tools: list[str] = []
    """Of ``agent``: the CLI's own tools that it has, instead of those for reading and editing."""
    apply: Apply = "ask"
    """Of ``agent``: ``auto`` applies what it changed to the workspace when it is done."""
    tasks: bool = True
    """Of ``agent``: whether it may reach djobs, and hand over tasks itself."""
    env: list[str] | None = None
    """Of ``shell`` and ``agent``: the variables that a job may bring along, names and beginnings of
    names with ``*`` behind. Unless said: any for ``shell`` without rules, else none."""
    limits: dict[str, Any] = {}
    """Of ``shell``: of the kernel, see ``orders.Limits``; what is not said is as in ``[limits]``.
    Of ``agent``: see ``djobs_agent.contract.Limits``."""

    @property
    def agent_limits(self) -> AgentLimits:
        """What is said of agents."""
        return msgspec.convert(self.limits, AgentLimits)

    def variables(self, name: str) -> VariableRules:
        """Return which variables jobs of this type, so called, may bring along."""
        ruled = self.executor == AGENT or bool(self.allow or self.deny)
        if self.env is None and not ruled:
            return VariableRules()
        return VariableRules(Policy(tuple(self.env or ())), f"[types.{name}]")

    def shell_policy(self, limits: CommandLimits, name: str = SHELL) -> ShellPolicy:
        """Return what is said of commands; ``INVALID_PARAMS`` for a rule that says nothing."""
        return ShellPolicy(
            ShellRules(
                allow=tuple(map(rule, self.allow)),
                deny=tuple(map(rule, self.deny)),
                allow_shell=self.allow_shell,
            ),
            Wish(self.sandbox, tuple(self.read_write), hidden=tuple(self.hidden)),
            limits,
            self.variables(name),
        )


def llm_table(tables: Mapping[str, Any], path: str) -> LlmTable:
    """Return ``[llm]`` of a config file; ``CONFIG_INVALID`` says what is wrong in it."""
    given = tables.get("llm", {})
    found = _read(given, LlmTable, f"{path}: [llm]")
    _check_names(given.get("limits", {}), Limits, f"{path}: [llm.limits]")
    for shape, name in ((Provider, "providers"), (Price, "prices")):
        for key, each in given.get(name, {}).items():
            _check_names(each, shape, f"{path}: [llm.{name}.{key}]")
    return found


def type_tables(tables: Mapping[str, Any], path: str) -> dict[str, TypeTable]:
    """Return the types of a config file, by name; ``CONFIG_INVALID`` says what is wrong."""
    found = _read(tables.get("types", {}), dict[str, TypeTable], f"{path}: [types]")
    for name, each in found.items():
        where = f"{path}: [types.{name}]"
        if name in JOB_TYPES or (name in (SHELL, AGENT) and each.executor != name):
            raise _invalid(f"{where} is built in; expected a name of your own.")
        if each.executor != "agent" and (each.executor == "llm") != (each.system is not None):
            raise _invalid(f"{where} needs system, the system prompt, if its executor is llm.")
        if each.executor == "agent" and each.sandbox is Level.WRITE_NETWORK:
            raise _invalid(f'{where}: an agent needs its API; expected sandbox "write" or "none".')
        if each.executor == "agent":
            _check_names(each.limits, AgentLimits, f"{where} limits")
            _read(each.limits, AgentLimits, f"{where} limits")
        if each.executor == "llm" and each.env is not None:
            raise _invalid(f"{where}: env is of commands and agents; a model has no variables.")
        _check_patterns(each, where)
        if each.executor == "llm" and each.limits:
            raise _invalid(
                f"{where}: limits are of commands; those of models stand in [llm.limits]."
            )
    return found


def _check_patterns(table: TypeTable, where: str) -> None:
    try:
        Policy(tuple(table.env or ()))
    except DjobsError as refusal:
        raise _invalid(f"{where} env: {refusal.message}") from None


def _read(given: Any, shape: type[T], where: str) -> T:
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as error:
        raise _invalid(f"{where}: {error}.") from None


def _check_names(given: Mapping[str, Any], shape: type[msgspec.Struct], where: str) -> None:
    """Refuse names that mean nothing.

    What is read here is also read by the program that asks, which forgives what it does not know.
    """
    unknown = sorted(set(given) - set(shape.__struct_fields__))
    if unknown:
        expected = ", ".join(shape.__struct_fields__)
        raise _invalid(f"{where}: unknown field `{unknown[0]}`; expected {expected}.")


def _invalid(message: str) -> DjobsError:
    return DjobsError(ErrorCode.CONFIG_INVALID, message)
