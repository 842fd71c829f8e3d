"""Tasks as ``enqueue_task`` takes them, made into jobs of the protocol. Pure.

The daemon says what is wrong with a value; what it would not notice (a member that it does not know
is ignored, as from a newer client) is refused here.
"""

import re

from djobsctl.json_options import decode
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MEMBERS = (
    "task_type",
    "payload",
    "max_attempts",
    "retry",
    "idempotency_key",
    "key_scope",
    "key_states",
    "key_seconds",
    "depends_on",
    "on_dependency_failure",
    "graph_key",
    "resource_key",
    "resource_scope",
    "priority",
    "run_at",
    "delay_seconds",
    "verify",
    "managed_by",
    "lease_seconds",
)
"""Those of the tool, compared by a test, and who does the work under which lease."""
_INSTEAD = {"run_at": "delay_seconds", "delay_seconds": "run_at"}
_FORMS = "Expected is a JSON array of tasks, or JSON Lines: an object on each line."
_WHOLE = ("priority", "max_attempts")
_KINDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
    "datetime": "a time with its zone, such as 2026-11-22T14:03:00Z",
}


def entries(text: str) -> "list[tuple[str, object]]":
    """Return the tasks of a JSON array or of JSON Lines, each with what to call it.

    Raises ``UsageError`` that names the line.
    """
    if text.lstrip().startswith("["):
        tasks = _value(text, "The tasks")
        return [(f"tasks[{index}]", task) for index, task in enumerate(tasks)]  # as the tool says
    lines = enumerate(text.splitlines(), start=1)
    named = [(f"Line {number}", line) for number, line in lines if line.strip()]
    return [(name, _value(line, name)) for name, line in named]


def new_job(name: str, task: object, common: "dict[str, Any]") -> "dict[str, Any]":
    """Return the job that an entry means; what it leaves out is as in ``common``.

    ``common`` has the members of a task. Raises ``UsageError``, which calls the task ``name``.
    """
    if not isinstance(task, dict):
        raise UsageError(f'{name} is no object such as {{"task_type": "review"}}.')
    unknown = sorted(task.keys() - set(MEMBERS))
    if unknown:
        raise UsageError(
            f"{name} has the member {unknown[0]!r}, which no task has; there are "
            f"{', '.join(MEMBERS)}."
        )
    given = {key: value for key, value in task.items() if value is not None and value != ""}
    kept = {key: value for key, value in common.items() if _INSTEAD.get(key) not in given}
    whole = {**kept, **given}
    if "task_type" not in whole:
        raise UsageError(f"{name} has no task_type, and no TYPE is given for all.")
    whole["type"] = whole.pop("task_type")
    if isinstance(whole.get("payload"), str):
        whole["payload"] = _payload(name, whole["payload"])
    return {key: _number(key, value) for key, value in whole.items()}


def in_words_of_tasks(complaint: str, names: "Sequence[str]") -> str:
    """Return what the daemon says of ``jobs[n]`` or ``tasks[n]`` as about the task with a name.

    An empty name is left out: there is only one task.
    """
    text, _, path = complaint.removeprefix("Wrong params: ").rstrip(".").partition(" - at `$")
    found = re.match(r"\.jobs\[(\d+)\]\.?(.*?)`?$", path)
    if found is None:
        return re.sub(r"^tasks\[(\d+)\]: ", lambda match: _head(names[int(match[1])]), complaint)
    member = "task_type" if found[2] == "type" else found[2]
    head = _head(names[int(found[1])]) + _head(member)
    text = re.sub(r"`([\w |]+)`", lambda match: _kinds(match[1]), text)
    text = text.replace("Invalid RFC3339 encoded datetime", f"expected {_KINDS['datetime']}")
    return f"{head}{text[:1].lower() if head else text[:1]}{text[1:]}."


def _kinds(words: str) -> str:
    """Return ``str | array | null`` in words; whatever may be absent may be null."""
    kinds = [word for word in words.split(" | ") if word != "null"] or ["null"]
    return " or ".join(_KINDS.get(word, word) for word in kinds)


def _head(name: str) -> str:
    return f"{name}: " if name else ""


def _value(text: str, what: str) -> "Any":
    try:
        return decode(text)
    except ValueError as error:
        why = str(error).replace(": line 1 column", ": column")
        raise UsageError(f"{what} cannot be read as JSON: {why}.", _FORMS) from None


def _payload(name: str, text: str) -> "Any":
    """Accept an object that is encoded as a string, as the tool does."""
    try:
        value = decode(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UsageError(f"{name}: payload is a string that holds no JSON object.")
    return value


def _number(key: str, value: object) -> object:
    """Return 2.0 as 2 where a whole number is meant: some programs write it so."""
    if key in _WHOLE and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
