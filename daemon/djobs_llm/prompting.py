"""What a model is told: the system prompt, and the files and the order of the user."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from djobs_llm.contract import JOB_TYPES, Code, OutputKind, Request
from djobs_llm.failure import JobFailed
from djobs_llm.steering import Steering

PROMPTS = Path(__file__).parent / "prompts"
"""A file for each of ``JOB_TYPES``, and ``_files.md`` with what all that return files are told."""


def output_kind(request: Request) -> OutputKind:
    """Return what the job returns; ``REQUEST_INVALID`` if its type has no prompt."""
    if request.template is not None:
        return request.template.output
    if request.type in JOB_TYPES:
        return JOB_TYPES[request.type]
    raise JobFailed(
        Code.REQUEST_INVALID,
        f"The type {request.type!r} has no prompt. Expected one of {', '.join(JOB_TYPES)}, "
        "or a template.",
    )


def system_prompt(request: Request, steering: Steering | None) -> str:
    """Return the project's rules, then what the type asks, then the form of the answer."""
    kind = output_kind(request)
    parts = []
    if steering is not None and steering.text:
        parts.append(f"The rules of this project, from {steering.source}:\n\n{steering.text}")
    parts.append(request.template.system if request.template else _prompt(request.type))
    if kind == "files":
        parts.append(_prompt("_files"))
    return "\n\n---\n\n".join(part.strip() for part in parts)


def user_prompt(spec: str, output_path: str | None, context: Mapping[str, str]) -> str:
    """Return the files, each under its path, and then what is to be done.

    The mark around a file is made from all of their contents, so none of them can end it early.
    """
    parts = [_as_data(path, text, mark(context)) for path, text in context.items()]
    parts.append(spec.strip())
    if output_path is not None:
        parts.append(f"The result belongs in `{output_path}`.")
    return "\n\n".join(parts)


def mark(context: Mapping[str, str]) -> str:
    """Return the name of the element that holds each file."""
    digest = sha256("\0".join(text for pair in context.items() for text in pair).encode())
    return f"file-{digest.hexdigest()[:12]}"


def _as_data(path: str, text: str, element: str) -> str:
    return f'<{element} path="{path}">\n{text}\n</{element}>'


def _prompt(name: str) -> str:
    return (PROMPTS / f"{name}.md").read_text("utf-8")
