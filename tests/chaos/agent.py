"""One client at work: random tool calls, and a note of everything that was acknowledged."""

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.chaos.notes import Notes, Report
from tests.harness.editor import Ask, Editor, EditorGone

BIG_BYTES = 250_000
"""Just under the limit of one payload."""
TOO_BIG_BYTES = 300_000
BIG_BATCH = 12
"""Payloads of ``BIG_BYTES`` in one call: a message of 3 MB."""
BIG_TEXT_BYTES = 60_000
STALL_SECONDS = 3.0
PIPELINED_MAX = 8


class Step(NamedTuple):
    """One call, and what its outcome means."""

    ask: Ask
    heard: Callable[[bool, dict[str, Any]], None]


class Agent:
    """Works until it is told to stop; then waits for its last answers."""

    def __init__(self, editor: Editor, notes: Notes, seed: int) -> None:
        self.editor = editor
        self._notes = notes
        self._random = random.Random(seed)
        self._open: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Tell it to stop after what it is doing."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._notes.note_problem("an agent still waits for an answer")

    def _work(self) -> None:
        try:
            self.editor.open()
            while not self._stop.is_set():
                self._do(self._random.choices(_ACTIONS, _WEIGHTS)[0])
        except (EditorGone, AssertionError) as error:
            self._notes.note_problem(f"{self.editor.version} client: {error}")

    def _do(self, action: "Action") -> None:
        steps = list(action(self))
        numbers = self.editor.ask_all(step.ask for step in steps)
        for step, number in zip(steps, numbers, strict=True):
            step.heard(*self.editor.outcome(number))
            self._notes.note_answer()

    # What it does

    def _enqueue_one(self) -> Iterator[Step]:
        marker = self._notes.marker()
        ask = Ask("enqueue_task", {"task_type": "one", "payload": {"marker": marker}})
        yield Step(ask, self._expect_enqueued([marker]))

    def _enqueue_big(self) -> Iterator[Step]:
        marker = self._notes.marker()
        yield self._enqueue_many([marker], BIG_BYTES)

    def _enqueue_batch(self) -> Iterator[Step]:
        count = self._random.randint(2, 20)
        yield self._enqueue_many([self._notes.marker() for _ in range(count)], 0)

    def _enqueue_big_batch(self) -> Iterator[Step]:
        yield self._enqueue_many([self._notes.marker() for _ in range(BIG_BATCH)], BIG_BYTES)

    def _enqueue_many(self, markers: list[str], filler: int) -> Step:
        tasks = [{"payload": {"marker": marker, "filler": "x" * filler}} for marker in markers]
        ask = Ask("enqueue_task", {"task_type": "many", "tasks": tasks})
        return Step(ask, self._expect_enqueued(markers))

    def _enqueue_refused(self) -> Iterator[Step]:
        """Send a batch whose last task is over the limit: all of it must be refused."""
        markers = [self._notes.marker() for _ in range(3)]
        step = self._enqueue_many(markers, 0)
        step.ask.arguments["tasks"][-1]["payload"]["filler"] = "x" * TOO_BIG_BYTES
        yield Step(step.ask, self._expect_refused(markers))

    def _finish(self) -> Iterator[Step]:
        if self._open:
            job_id = self._open.pop(self._random.randrange(len(self._open)))
            yield self._report(job_id, self._random.random() < 0.5)
        else:
            yield from self._enqueue_one()

    def _report(self, job_id: str, good: bool) -> Step:
        marker = self._notes.marker()
        filler = "y" * (BIG_TEXT_BYTES if self._random.random() < 0.05 else 10)
        if good:
            ask = Ask("complete_task", {"task_id": job_id, "evidence": marker + filler})
        else:
            ask = Ask("fail_task", {"task_id": job_id, "error": marker + filler})
        return Step(ask, self._expect_ended(job_id, "succeeded" if good else "failed", marker))

    def _finish_twice(self) -> Iterator[Step]:
        """Report one job's end twice at once: exactly one report may stand."""
        if self._open:
            job_id = self._open.pop()
            stands: list[bool] = []
            for good in (True, False):
                yield self._contending(job_id, good, stands)

    def _contending(self, job_id: str, good: bool, stands: list[bool]) -> Step:
        step = self._report(job_id, good)

        def heard(is_error: bool, content: dict[str, Any]) -> None:
            if not is_error:
                step.heard(is_error, content)
            elif content["error"] != "already_finished":
                self._notes.note_problem(f"a second report of {job_id}: {content}")
            stands.append(not is_error)
            if len(stands) == 2 and sum(stands) != 1:
                self._notes.note_problem(f"{job_id}: {sum(stands)} of two reports stand")

        return Step(step.ask, heard)

    def _look(self) -> Iterator[Step]:
        yield Step(Ask("resume_session", {"limit": 5}), self._expect_answer)
        if self._open:
            yield Step(Ask("check_task", {"task_id": self._open[-1]}), self._expect_answer)

    def _pipeline(self) -> Iterator[Step]:
        actions = (Agent._enqueue_one, Agent._enqueue_batch, Agent._finish, Agent._look)
        for _ in range(self._random.randint(2, PIPELINED_MAX)):
            yield from self._random.choice(actions)(self)

    def _give_up(self) -> Iterator[Step]:
        """Ask and cancel in one breath."""
        marker = self._notes.marker()
        self._notes.given_up.add(marker)
        ask = Ask("enqueue_task", {"task_type": "cancelled", "payload": {"marker": marker}})
        request = self.editor.tool_call(ask)
        self.editor.say(request, self.editor.cancel(request))
        yield from self._look()

    def _stall(self) -> Iterator[Step]:
        """Do not read for a while, with calls under way."""
        self.editor.reading.clear()
        threading.Timer(STALL_SECONDS, self.editor.reading.set).start()
        yield from self._pipeline()

    # What it hears

    def _expect_enqueued(self, markers: list[str]) -> Callable[[bool, dict[str, Any]], None]:
        def heard(is_error: bool, content: dict[str, Any]) -> None:
            if is_error:
                self._notes.note_problem(f"an enqueue was refused: {content}")
                return
            ids = content.get("ids") or [content["id"]]
            self._notes.note_enqueued(markers, ids)
            self._open.extend(ids)

        return heard

    def _expect_refused(self, markers: list[str]) -> Callable[[bool, dict[str, Any]], None]:
        def heard(is_error: bool, content: dict[str, Any]) -> None:
            if not is_error or content["error"] != "too_large":
                self._notes.note_problem(f"a payload over the limit: {content}")
            self._notes.refused.update(markers)

        return heard

    def _expect_ended(
        self, job_id: str, state: str, marker: str
    ) -> Callable[[bool, dict[str, Any]], None]:
        def heard(is_error: bool, content: dict[str, Any]) -> None:
            if is_error:
                self._notes.note_problem(f"the end of {job_id} was refused: {content}")
            else:
                self._notes.note_ended(job_id, Report(state, marker))

        return heard

    def _expect_answer(self, is_error: bool, content: dict[str, Any]) -> None:
        if is_error:
            self._notes.note_problem(f"a look was refused: {content}")


Action = Callable[[Agent], Iterator[Step]]

_MENU: dict[Action, float] = {
    Agent._enqueue_one: 20,
    Agent._enqueue_batch: 5,
    Agent._finish: 30,
    Agent._finish_twice: 5,
    Agent._pipeline: 20,
    Agent._look: 5,
    Agent._give_up: 5,
    Agent._enqueue_refused: 2,
    Agent._enqueue_big: 1,
    Agent._enqueue_big_batch: 0.2,
    Agent._stall: 0.3,
}
_ACTIONS, _WEIGHTS = list(_MENU), list(_MENU.values())
