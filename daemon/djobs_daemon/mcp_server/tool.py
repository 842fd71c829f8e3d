"""What a tool is made of, and the arguments that several have."""

from typing import Any, Final, NamedTuple


class Tool(NamedTuple):
    """One tool as ``tools/list`` shows it."""

    name: str
    title: str
    description: str
    properties: dict[str, Any]
    required: tuple[str, ...] = ()
    read_only: bool = False
    idempotent: bool = False
    destructive: bool = False

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        schema: dict[str, Any] = {"type": "object", "properties": self.properties}
        if self.required:
            schema["required"] = list(self.required)
        schema["additionalProperties"] = False
        return schema


STRING: Final = {"type": "string"}
INTEGER: Final = {"type": "integer"}
TIME: Final = {"type": "string", "description": "RFC 3339"}
TASK_ID: Final = {"task_id": STRING}
PAGING: Final = {"limit": INTEGER, "cursor": STRING}
RETRY: Final = {"type": "object", "description": "base_seconds, factor, cap_seconds, jitter"}
VERIFY: Final = {"type": "array", "items": {"type": "object"}}
SCOPE: Final = {"enum": ["workspace", "everywhere"]}
GROUP: Final = {"correlation_id": STRING}
GROUP_OR_ALL: Final = {
    "correlation_id": {"type": "string", "description": "Default: this workspace; *: all"}
}
