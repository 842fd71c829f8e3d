"""Every setting, from the one table."""

from djobs_docs.markdown import code, table
from djobs_local.settings_table import SETTINGS, Setting


def page() -> str:
    """Return the page."""
    return INTRODUCTION + table(
        ["setting", "variable", "default", "values", "what it does"], map(_row, SETTINGS)
    )


def _row(setting: Setting) -> list[str]:
    default = str(setting.default).lower() if setting.type == "flag" else str(setting.default)
    where = "" if setting.in_file else " Not in the file."
    return [
        code(setting.name),
        code(setting.env),
        code(default),
        setting.expected,
        setting.doc + where,
    ]


INTRODUCTION = """# Settings

In `config.toml` in the daemon's folder (`djobsctl config` names it), or as variables of the
environment in which the daemon is started; a variable goes before the file. A setting that is
wrong or unknown is named and refuses the start: none is skipped in silence. `djobsctl config`
shows each value and where it comes from.

The tables for work that is handed over stand where they are explained: `[types]` and `[limits]` in
[executors](../executors.md), what confines them in [sandbox](../sandbox.md), `[llm]` in
[LLM jobs](../llm.md), `[agents]` in [agents](../agents.md), `[budgets]` in
[budgets](../budgets.md).

"""
