"""The LLM executor: one answer of a model, by a program of its own (``djobs_llm``)."""

import os
from pathlib import Path
from typing import Any, Final

import msgspec

from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.key_file import read_keys
from djobs_daemon.executors.kinds import (
    NotNow,
    Prepared,
    Refused,
    Surroundings,
    read_payload,
)
from djobs_daemon.executors.llm_config import LlmTable, TypeTable
from djobs_daemon.executors.llm_ending import settle_answer, usage_rows
from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.programs import command_of
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.shell import environment_of, folder_inside
from djobs_daemon.queue import routing
from djobs_daemon.queue.credentials import keys_of_providers, missing_credentials
from djobs_daemon.queue.inheritance import Inherited, inherited_of
from djobs_daemon.store.records import JobRow
from djobs_daemon.store.usage_records import UsageRow
from djobs_llm.contract import USAGE_FILE, Request, Route, Template, encode_request

REQUEST: Final = "request.json"
ANSWER: Final = "answer.json"
_AWS_FILES: Final = (".aws/credentials", ".aws/config")


class LlmTask(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The payload of a job that a model does."""

    spec: str
    output_path: str | None = None
    context_files: list[str] = []
    model: str = ""
    large_context: bool = False


class LlmExecutor:
    """Has a model do jobs of one type. Remembers which providers are at their limit."""

    def __init__(
        self, table: LlmTable, parked: dict[str, int], own: TypeTable | None = None
    ) -> None:
        self._table = table
        self._routing = table.routing()
        self._parked = parked
        """By provider, when it may be asked again; shared by the types."""
        self._own = own

    def check(self, payload: Any) -> None:
        """Raise ``Refused`` for a payload that no request could be made of."""
        task = _task(payload)
        if not task.spec.strip():
            raise Refused("spec is empty; expected what is to be done, in words.")

    def prepare(self, job: JobRow, around: Surroundings, folder: str) -> Prepared:
        """Route the job and return the command that asks, with its request."""
        task = _task(msgspec.json.decode(job.payload))
        environ = environment_of(job, around) | self._keys(around.home)
        workspace = folder_inside(job.workspace, ".")
        request = Request(
            type=job.type,
            spec=task.spec,
            workspace=workspace,
            output_path=task.output_path,
            context_files=tuple(task.context_files),
            template=self._template(),
            steering_path=self._table.steering_path,
            routes=self._routes(task, environ, around.wall_ms()),
            providers=dict(self._routing.providers),
            prices=self._table.prices,
            max_tokens=self._table.max_tokens,
            limits=self._table.limits,
        )
        order = Order(
            argv=(
                *command_of("djobs_llm", "-I"),
                os.path.join(folder, REQUEST),
                os.path.join(folder, ANSWER),
            ),
            cwd=workspace,
            env=environ,
            max_duration_ms=job.max_duration_ms,
            kill_leftovers=True,
        )
        return Prepared(order, {REQUEST: encode_request(request)})

    def used(self, folder: str) -> tuple[UsageRow, ...]:
        """Return what was paid so far, by model."""
        return usage_rows(Path(folder, USAGE_FILE))

    def end(self, ending: Ending) -> Settlement:
        """Go by the answer; where there is none, by how the program ended."""
        return settle_answer(ending, os.path.join(ending.folder, ANSWER), self._parked)

    def confines(self, job: JobRow) -> Inherited:
        """Return what was passed on to a job: nothing it does is a process of somebody else's."""
        return inherited_of(job.sandbox) or Inherited(Level.NONE)

    def cannot_inherit(self, level: str) -> str:
        """Say why nothing can be asked without a network; files are the workspace's anyway."""
        if level == Level.WRITE_NETWORK:
            return "a model is asked over the network, which a run at that level has not"
        return ""

    def _keys(self, home: str) -> dict[str, str]:
        """Return those of the user's keys that the providers read: no others are given away."""
        return keys_of_providers(read_keys(home), self._routing.providers)

    def _template(self) -> Template | None:
        if self._own is None or self._own.system is None:
            return None
        return Template(system=self._own.system, output=self._own.output)

    def _routes(self, task: LlmTask, environ: dict[str, str], now: int) -> tuple[Route, ...]:
        model = task.model or (self._own.model if self._own is not None else "")
        home = environ.get("HOME", "")
        decision = routing.route(
            model,
            large_context=task.large_context,
            table=self._routing,
            missing=missing_credentials(
                self._routing.providers, environ, aws_files=has_aws_files(home)
            ),
            parked=self._parked,
            now=now,
        )
        match decision:
            case routing.Refused():
                raise Refused(f"{decision.message} Keys are read from secrets.env.")
            case routing.Wait():
                raise NotNow("every provider that could do it is at its limit", decision.until_ms)
            case routing.Routed():
                return decision.routes


def _task(payload: Any) -> LlmTask:
    return read_payload(payload, LlmTask, "task for a model")


def has_aws_files(home: str) -> bool:
    """Say whether a home has files that may hold credentials of AWS."""
    return any(os.path.exists(os.path.join(home, each)) for each in _AWS_FILES)
