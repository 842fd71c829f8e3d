"""What a daemon of this home could and could not do: ``python -m djobs_daemon.inspecting``.

For ``djobsctl doctor``, which knows neither the tables of the config file nor the sandboxes. Prints
one JSON object and changes nothing; each sandbox that a type requires is tried out.
"""

import argparse
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from djobs_daemon.executors import key_file
from djobs_daemon.executors.catalog import executors
from djobs_daemon.executors.kinds import Refused
from djobs_daemon.executors.llm import has_aws_files
from djobs_daemon.executors.llm_config import LlmTable, TypeTable, llm_table, type_tables
from djobs_daemon.executors.sandbox import finding
from djobs_daemon.executors.sandbox.choosing import choose
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.notifying.table import notify_table
from djobs_daemon.queue import routing
from djobs_daemon.queue.budget_table import budget_table
from djobs_daemon.queue.credentials import missing_credentials, variables
from djobs_local.settings import Settings, load
from djobs_protocol.errors import DjobsError

LLM_MODULES: Final = ("genai_prices", "pydantic_ai")
"""What the extra ``djobs[llm]`` brings."""


class SandboxWord(msgspec.Struct, frozen=True):
    """A type that requires a sandbox, and who would enforce it."""

    type: str
    level: str
    enforced: str
    """Empty when nobody does; then ``reason`` says why, and ``hint`` what helps."""
    reason: str = ""
    hint: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """Something that is set up and could not be asked."""

    where: str
    reason: str


class Inspection(msgspec.Struct, frozen=True):
    """The whole answer."""

    tables: str = ""
    """What is wrong in the tables of the config file; the rest is unknown then."""
    keys: str = ""
    """What is wrong in ``secrets.env``."""
    sandboxes: list[SandboxWord] = []
    without_key: list[Refusal] = []
    unknown_models: list[Refusal] = []
    llm_wanted: str = ""
    """Who needs the extra ``djobs[llm]``; empty when nobody does."""
    llm_missing: list[str] = []


def inspect(settings: Settings, environ: Mapping[str, str]) -> Inspection:
    """Return what a daemon with these settings would find."""
    path = settings.config_path
    try:
        executors(settings.tables, path)
        budget_table(settings.tables, path)
        notify_table(settings.tables, path)
        llm, types = llm_table(settings.tables, path), type_tables(settings.tables, path)
    except DjobsError as error:
        return Inspection(tables=error.message)
    keys, problem = _keys(settings.home)
    wanted = _llm_wanted(settings, types, llm, keys)
    return Inspection(
        keys=problem,
        sandboxes=list(_sandboxes(settings.home, types, environ)),
        without_key=[] if problem else list(_without_key(settings, llm, types, keys, environ)),
        unknown_models=list(_unknown_models(llm, types)),
        llm_wanted=wanted,
        llm_missing=[each for each in LLM_MODULES if wanted and not _is_installed(each)],
    )


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _keys(home: str) -> tuple[dict[str, str], str]:
    """Return the keys, and what is wrong with their lines; who may read them is not judged here."""
    path = os.path.join(home, key_file.NAME)
    try:
        with open(path, "rb") as file:
            content = file.read(key_file.BYTES_MAX)
        return key_file.parse(content.decode("utf-8", "replace"), path), ""
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"{path} cannot be read: {error.strerror}."
    except Refused as refused:
        return {}, str(refused)


def _sandboxes(
    home: str, types: Mapping[str, TypeTable], environ: Mapping[str, str]
) -> Iterator[SandboxWord]:
    required = {name: each.sandbox for name, each in types.items() if each.sandbox != Level.NONE}
    if not required:
        return
    probed = finding.look(home, environ.get("PATH"))
    for name, level in required.items():
        try:
            yield SandboxWord(name, level, choose(level, probed).recorded)
        except DjobsError as error:
            yield SandboxWord(name, level, "", error.message, error.hint)


def _llm_wanted(
    settings: Settings, types: Mapping[str, TypeTable], llm: LlmTable, keys: Mapping[str, str]
) -> str:
    for name, each in types.items():
        if each.executor == "llm":
            return f"the type {name}"
    if "llm" in settings.tables:
        return "the table [llm]"
    known = variables(llm.routing().providers)
    return next((f"the key {name}" for name in keys if name in known), "")


def _without_key(
    settings: Settings,
    llm: LlmTable,
    types: Mapping[str, TypeTable],
    keys: Mapping[str, str],
    environ: Mapping[str, str],
) -> Iterator[Refusal]:
    """Yield what was set up by name and lacks credentials; what is built in may lack them."""
    table = llm.routing()
    aws_files = has_aws_files(environ.get("HOME", ""))
    missing = missing_credentials(table.providers, keys, aws_files=aws_files)
    for name in llm.providers:
        if name in missing:
            yield Refusal(f"[llm.providers.{name}]", missing[name])
    for name, each in types.items():
        if each.executor == "llm":
            found = _route(each.model, table, missing)
            if isinstance(found, routing.Refused) and found.passed_over:
                yield Refusal(f"[types.{name}]", found.message)


def _unknown_models(llm: LlmTable, types: Mapping[str, TypeTable]) -> Iterator[Refusal]:
    table = llm.routing()
    named = [(f"[llm.aliases] {name}", target) for name, target in llm.aliases.items()]
    named += [(f"[llm.tiers] {name}", each) for name, row in llm.tiers.items() for each in row]
    named += [
        (f"[types.{name}]", each.model)
        for name, each in types.items()
        if each.executor == "llm" and each.model
    ]
    for where, model in named:
        found = _route(model, table, {})
        if isinstance(found, routing.Refused):
            yield Refusal(where, found.message)


def _route(model: str, table: routing.RoutingTable, missing: Mapping[str, str]) -> routing.Decision:
    return routing.route(model, large_context=False, table=table, missing=missing, parked={}, now=0)


def main(arguments: list[str] | None = None) -> int:
    """Print the inspection of one home; return the exit status."""
    parser = argparse.ArgumentParser(prog="djobs_daemon.inspecting", description=__doc__)
    parser.add_argument("--home", required=True, help="the state folder")
    parser.add_argument("--json", action="store_true", help="the only format there is")
    options = parser.parse_args(arguments)
    try:
        answer: Any = inspect(load(options.home), os.environ)
        status = 0
    except DjobsError as error:
        answer, status = {"error": error.as_wire()}, error.exit_status
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
