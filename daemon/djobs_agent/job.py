"""One job from its request to its answer: copy the workspace, let the agent work, keep the diff."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from djobs_agent import git, layout
from djobs_agent.cli import Cli
from djobs_agent.contract import (
    CONTENTS_FOLDER,
    DIFF_FILE,
    GIT_FOLDER,
    SPENT_FILE,
    STREAM_FILE,
    Answer,
    Change,
    Code,
    Outcome,
    Request,
    Spent,
    encode,
)
from djobs_agent.heard import Heard, Reader
from djobs_agent.raw_log import RawLog
from djobs_agent.readers import reader_of
from djobs_agent.snapshots import Snapshots
from djobs_agent.watching import Watch
from djobs_llm.answer_file import write_whole

LAST_WORDS_CHARS: Final = 2000

Say = Callable[[str], None]


class Job:
    """One request at work."""

    def __init__(
        self, request: Request, folder: Path, environ: Mapping[str, str], say: Say
    ) -> None:
        self._request = request
        self._folder = folder
        self._environ = environ
        self._git = git.environment(environ, {})
        self._say = say
        self._reader = reader_of(request.stream, request.model)
        self._last_words: list[str] = []

    def answer(self) -> Answer:
        """Return what became of the job; it raises for faults of djobs only."""
        request = self._request
        try:
            return self._answer()
        except (layout.LayoutRefused, git.GitFailed) as refused:
            return Answer(outcome="failed", code=Code.LAYOUT_REFUSED, message=str(refused))
        finally:
            layout.release(request.workspace, request.tree, self._git)
            shutil.rmtree(self._folder / GIT_FOLDER, ignore_errors=True)

    def _answer(self) -> Answer:
        request = self._request
        found = layout.lay_out(request.workspace, request.tree, request.cwd, self._git, self._say)
        snapshots = Snapshots(str(self._folder / GIT_FOLDER), request.cwd, self._environ)
        before = snapshots.begin(found)
        ended = self._work()
        after = snapshots.take()
        snapshots.write_diff(before, after, str(self._folder / DIFF_FILE))
        contents = str(self._folder / CONTENTS_FOLDER)
        changes = tuple(snapshots.keep_changes(before, after, contents))
        self._tell(changes)
        return msgspec.structs.replace(ended, changes=changes)

    def _work(self) -> Answer:
        raw = RawLog(self._folder / STREAM_FILE)
        reader = _Noting(self._reader, self._folder / SPENT_FILE)
        try:
            with tempfile.TemporaryFile(dir=self._folder) as prompt:
                prompt.write(self._request.prompt.encode("utf-8", "replace"))
                prompt.seek(0)
                cli = Cli(self._request, self._environ, prompt)
            watch = Watch(cli, reader, self._request.limits, self._hear, raw.keep)
            status = watch.to_the_end()
        except OSError as error:
            program = self._request.argv[0]
            message = f"{program} could not be started: {error.strerror or error}."
            return Answer(outcome="failed", code=Code.NOT_STARTED, message=message)
        finally:
            raw.close()
        return self._ended(watch, status, entered=cli.was_entered())

    def _hear(self, line: str) -> None:
        self._say(line)
        self._last_words = [*self._last_words[-9:], line]

    def _ended(self, watch: Watch, status: int, *, entered: bool) -> Answer:
        heard = self._reader.heard
        if not entered:
            words = "; ".join(self._last_words)
            return self._with("parked", Code.SANDBOX, f"the sandbox could not be entered: {words}")
        if watch.cause is not None:
            outcome: Outcome = "stopped" if watch.cause.code is Code.STOPPED else "failed"
            return self._with(outcome, watch.cause.code, watch.cause.message)
        if heard.ended is None:
            return self._untold(status)
        if heard.ended.code is None:
            return self._with("done", "", "")
        outcome = "parked" if heard.ended.code is Code.AT_LIMIT else "failed"
        found = self._with(outcome, heard.ended.code, heard.ended.message)
        return msgspec.structs.replace(found, parked_until_ms=heard.ended.until_ms)

    def _untold(self, status: int) -> Answer:
        """Return the answer for a CLI that ended without a word about it."""
        if self._request.stream == "text":
            if status == 0:
                words = "\n".join(self._last_words)
                return msgspec.structs.replace(self._with("done", "", ""), text=words)
            return self._with("failed", Code.AGENT_FAILED, self._by(status))
        return self._with("failed", Code.NO_RESULT, f"no result was told: {self._by(status)}")

    def _by(self, status: int) -> str:
        how = f"exit status {status}" if status >= 0 else f"signal {-status}"
        words = "; ".join(self._last_words)[-LAST_WORDS_CHARS:]
        return f"{how}: {words}" if words else how

    def _with(self, outcome: Outcome, code: str, message: str) -> Answer:
        heard = self._reader.heard
        return Answer(
            outcome=outcome,
            code=code,
            message=message,
            text=heard.text,
            turns=heard.turns,
            session=heard.session,
            spent=tuple(heard.spent.values()),
        )

    def _tell(self, changes: tuple[Change, ...]) -> None:
        for each in changes[:100]:
            self._say(f"{each.kind}: {each.path}")
        if not changes:
            self._say("No file was changed.")


class _Noting:
    """Hears for another, and writes down what was spent whenever that has grown."""

    def __init__(self, reader: Reader, path: Path) -> None:
        self._reader = reader
        self._path = path
        self._noted: tuple[Spent, ...] = ()

    @property
    def heard(self) -> Heard:
        """What was heard so far."""
        return self._reader.heard

    def read(self, event: dict[str, Any]) -> Iterator[str]:
        """Take an event."""
        yield from self._reader.read(event)
        spent = tuple(self._reader.heard.spent.values())
        if spent != self._noted:
            self._noted = spent
            write_whole(self._path, msgspec.json.encode(spent))


def write_answer(path: Path, answer: Answer) -> None:
    """Write the answer, whole or not at all."""
    write_whole(path, encode(answer))
