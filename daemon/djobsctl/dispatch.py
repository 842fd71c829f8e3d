"""One command from its arguments to its output, errors included."""

import sys

from djobsctl.commands.table import module_of
from djobsctl.output import drop_unwritten, print_document, print_error, print_text
from djobsctl.talk import Talk
from djobsctl.words import UsageError, as_typed, own, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from types import ModuleType

    from djobs_protocol.errors import DjobsError
    from djobsctl.outcome import Outcome

GLOBAL_OPTIONS = ("--json", "-h", "--help", "--version")


def dispatch(words: "Sequence[str]") -> int:
    """Run what the words ask for; print the answer or the error; return the exit status."""
    as_json = "--json" in own(words)
    command = ""
    try:
        command, rest = translate(as_typed(words))
        module = load(command)
        if not {"-h", "--help"}.isdisjoint(own(rest)):
            module, args = load("help"), explain(command)
        else:
            args = parse(command, module, rest)
        return answer(module, args, as_json=as_json)
    except UsageError as error:
        return refuse(usage_error(error, command), as_json=as_json)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, it is reported and has a status
        from djobsctl.failure import as_djobs_error  # what an error costs, only an error pays

        return refuse(as_djobs_error(error), as_json=as_json)


def translate(words: "Sequence[str]") -> "tuple[str, list[str]]":
    """Return the command and its arguments; what stands before the command counts as after it."""
    before, command, rest = split(words)
    strange = [word for word in before if word not in GLOBAL_OPTIONS]
    if strange:
        raise UsageError(f"There is no option `{strange[0]}` before the command.")
    before = [word for word in before if word != "--version"]
    if not command:
        return "help", ["--json"] if "--json" in before else []
    return command, [*before, *rest]


def load(command: str) -> "ModuleType":
    """Import a command's module."""
    __import__(module_of(command))
    return sys.modules[module_of(command)]


def parse(command: str, module: "ModuleType", rest: "list[str]") -> "argparse.Namespace":
    """Return the arguments, by argparse unless there are none and the command names its defaults.

    argparse takes a third of the time in which ``djobsctl status --json`` answers.
    """
    defaults = getattr(module, "DEFAULTS", None)
    if defaults is not None and all(word == "--json" for word in rest):
        from types import SimpleNamespace

        return SimpleNamespace(**defaults)  # type: ignore[return-value]
    from djobsctl.usage import parser_for

    parser = parser_for(command)
    module.options(parser)
    if not getattr(module, "TAKES_A_COMMAND", False):
        return parser.parse_args(rest)
    ours = own(rest)
    args = parser.parse_args(ours)
    args.command_line = rest[len(ours) + 1 :]  # argparse would take words out of it
    return args


def explain(command: str) -> "argparse.Namespace":
    """Return the arguments of ``help COMMAND``."""
    import argparse

    return argparse.Namespace(command=command.split())


def answer(module: "ModuleType", args: "argparse.Namespace", *, as_json: bool) -> int:
    """Run the command and print its outcome."""
    if getattr(args, "watch", False):
        from djobsctl.live.watching import watch

        return watch(module, args, Talk(as_json=as_json))
    outcome: Outcome = module.run(args, Talk(as_json=as_json))
    if outcome.streamed:
        return outcome.exit_status
    try:
        tell(module, outcome, as_json=as_json)
    except (OSError, KeyboardInterrupt):
        if outcome.unheard is not None:
            outcome.unheard()
        raise
    return outcome.exit_status


def tell(module: "ModuleType", outcome: "Outcome", *, as_json: bool) -> None:
    """Print what came of a command, as a document or for a person."""
    if as_json:
        print_document(schema_of(module), outcome.document)
    else:
        from djobsctl.present.screen import detect

        text = module.render(outcome.document, detect())
        if sys.stdout.isatty():
            from djobsctl.paging import show

            show(text)
        else:
            print_text(text)


def schema_of(module: "ModuleType") -> str:
    """Name the document: ``djobs.db_verify/1`` for the module ``db_verify``."""
    version = getattr(module, "DOCUMENT_VERSION", 1)
    return f"djobs.{module.__name__.rpartition('.')[2]}/{version}"


def usage_error(error: UsageError, command: str) -> "DjobsError":
    """Return the error in the catalogue's terms."""
    from djobs_protocol.errors import DjobsError, ErrorCode

    return DjobsError(
        ErrorCode.INVALID_PARAMS,
        str(error),
        hint=error.hint or f"`djobsctl help {command or 'COMMAND'}` explains the arguments.",
    )


def refuse(error: "DjobsError", *, as_json: bool) -> int:
    """Print an error where it belongs and return its exit status."""
    if not (as_json and told_in_json(error)):
        print_error(error)
    drop_unwritten()
    return error.exit_status


def told_in_json(error: "DjobsError") -> bool:
    """Print the error's document; False when standard output takes none, as on a full disk."""
    try:
        print_document("djobs.error/1", error_document(error))
    except BrokenPipeError:
        raise
    except OSError:
        return False
    return True


def error_document(error: "DjobsError") -> "dict[str, object]":
    """Return the members of ``djobs.error/1``."""
    data = {key: value for key, value in error.data.items() if key != "hint"}
    return {
        "error": {
            "code": str(error.code),
            "message": error.message,
            "hint": error.hint,
            "exit_status": error.exit_status,
            "data": data,
        }
    }
