"""Which executor does which type of work."""

from collections.abc import Mapping
from typing import Any

from djobs_daemon.executors.agent import AgentExecutor
from djobs_daemon.executors.agent_config import AgentClis, agent_clis
from djobs_daemon.executors.kinds import Executor
from djobs_daemon.executors.llm import LlmExecutor
from djobs_daemon.executors.llm_config import LlmTable, TypeTable, llm_table, type_tables
from djobs_daemon.executors.orders import Limits
from djobs_daemon.executors.process_limits import TABLE, limits_of
from djobs_daemon.executors.shell import ShellExecutor
from djobs_daemon.executors.shell_policy import Sandboxes, ShellPolicy
from djobs_llm.contract import JOB_TYPES


def executors(tables: Mapping[str, Any], path: str) -> Mapping[str, Executor]:
    """Return who does each type, those of the config file at ``path`` among them.

    ``CONFIG_INVALID`` says what is wrong with its tables.
    """
    llm, parked = llm_table(tables, path), dict[str, int]()
    sandboxes = Sandboxes()
    clis, own = agent_clis(tables, path), type_tables(tables, path)
    usual = limits_of(tables.get(TABLE, {}), f"{path}: [{TABLE}]")
    limits = {
        name: limits_of(each.limits, f"{path}: [types.{name}.{TABLE}]", usual)
        for name, each in own.items()
        if each.executor == "shell"
    }
    return {
        "shell": ShellExecutor(ShellPolicy(limits=usual), sandboxes),
        "agent": AgentExecutor(TypeTable(executor="agent"), clis, sandboxes, "agent"),
        **{name: LlmExecutor(llm, parked) for name in JOB_TYPES},
        **{
            name: _of_own(name, each, llm, parked, sandboxes, clis, limits.get(name))
            for name, each in own.items()
        },
    }


def _of_own(
    name: str,
    table: TypeTable,
    llm: LlmTable,
    parked: dict[str, int],
    sandboxes: Sandboxes,
    clis: AgentClis,
    limits: Limits | None,
) -> Executor:
    if table.executor == "agent":
        return AgentExecutor(table, clis, sandboxes, name)
    if limits is not None:
        return ShellExecutor(table.shell_policy(limits, name), sandboxes)
    return LlmExecutor(llm, parked, table)
