"""A job made ready to be asked: its prompts, with everything that has to be read for them."""

from pathlib import Path
from typing import Final, NamedTuple

from djobs_llm.confined import Refused, exists, read_text
from djobs_llm.contract import Code, OutputKind, Request
from djobs_llm.failure import JobFailed
from djobs_llm.placing import Misplaced, normal
from djobs_llm.prompting import output_kind, system_prompt, user_prompt
from djobs_llm.steering import find_steering

CONTEXT_FILES_MAX: Final = 500


class Task(NamedTuple):
    """What a model is asked."""

    kind: OutputKind
    system: str
    user: str
    output_path: str | None
    """In its normal form."""


def prepare(request: Request) -> Task:
    """Return what to ask; ``JobFailed`` names what is wrong with the request or its files."""
    kind = output_kind(request)
    workspace = Path(request.workspace)
    if not (workspace.is_absolute() and workspace.is_dir()):
        raise JobFailed(
            Code.REQUEST_INVALID, f"The workspace {request.workspace!r} is no absolute folder."
        )
    strangers = {route.provider for route in request.routes} - set(request.providers)
    if strangers:
        raise JobFailed(
            Code.REQUEST_INVALID, f"No provider is set up as {', '.join(sorted(strangers))}."
        )
    output_path = _output_path(request)
    context = _context(request, workspace, output_path if kind == "files" else None)
    steering = find_steering(workspace, request.steering_path)
    return Task(
        kind,
        system_prompt(request, steering),
        user_prompt(request.spec, output_path, context),
        output_path,
    )


def _output_path(request: Request) -> str | None:
    if request.output_path is None:
        return None
    try:
        return normal(request.output_path, request.workspace)
    except Misplaced as wrong:
        raise JobFailed(Code.OUTPUT_REFUSED, f"output_path: {wrong}") from wrong


def _context(request: Request, workspace: Path, present: str | None) -> dict[str, str]:
    """Read the context files, and what is at ``present`` now: who changes it has to see it."""
    names = list(dict.fromkeys(request.context_files))
    if present is not None and present not in names and exists(workspace, present):
        names.append(present)
    if len(names) > CONTEXT_FILES_MAX:
        raise _refused(f"{len(names)} files are more than the {CONTEXT_FILES_MAX} allowed.")
    context: dict[str, str] = {}
    left = request.limits.context_bytes
    for name in names:
        try:
            context[name] = read_text(workspace, name, request.limits.context_file_bytes)
        except Refused as refused:
            raise _refused(str(refused)) from refused
        left -= len(context[name].encode())
        if left < 0:
            raise _refused(
                f"With {name} the files have more than {request.limits.context_bytes} bytes in all."
            )
    return context


def _refused(sentence: str) -> JobFailed:
    return JobFailed(Code.CONTEXT_REFUSED, f"Context files: {sentence}")
