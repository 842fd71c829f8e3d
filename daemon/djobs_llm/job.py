"""One job from its request to its answer: prepare, ask one model after another, write the files."""

import asyncio
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Final

import msgspec

from djobs_llm.contract import (
    UNDO_FOLDER,
    USAGE_FILE,
    Answer,
    Code,
    Request,
    Route,
    RouteLeft,
    Usage,
)
from djobs_llm.failure import VERDICTS, JobFailed, nothing_left
from djobs_llm.meter import Meter, now_ms
from djobs_llm.task import Task, prepare
from djobs_llm.writing import write_files

AGAIN_SECONDS: Final = 0.5
"""Before the same model is asked once more."""

Say = Callable[[str], None]
"""Writes a line of the job's log."""


class Job:
    """One request at work."""

    def __init__(
        self, request: Request, folder: Path, environ: MutableMapping[str, str], say: Say
    ) -> None:
        self._request = request
        self._folder = folder
        self._environ = environ
        self._say = say
        self._meter = Meter(request.limits, folder / USAGE_FILE, now_ms)
        self._left: list[RouteLeft] = []
        self._price_version: str | None = None

    @property
    def usage(self) -> Usage:
        """What has been used so far."""
        return self._meter.totals

    async def answer(self) -> Answer:
        """Return what became of the job; it raises for faults of djobs only."""
        try:
            task = prepare(self._request)
            found = await self._within_seconds(task)
        except JobFailed as failed:
            found = Answer(
                outcome="failed", code=failed.code, message=failed.message, text=failed.text
            )
        return msgspec.structs.replace(
            found,
            usage=self._meter.totals,
            price_version=self._price_version,
            routes_left=tuple(self._left),
        )

    async def _within_seconds(self, task: Task) -> Answer:
        """Ask, and stop waiting when the time is over, whether or not what is under way lets go."""
        asking = asyncio.create_task(self._ask_in_order(task))
        done, _ = await asyncio.wait({asking}, timeout=self._request.limits.seconds)
        if done:
            return asking.result()
        asking.cancel()
        raise JobFailed(
            Code.TIMED_OUT,
            f"The job took more than its {self._request.limits.seconds:g} seconds. Raise "
            "limits.seconds, or make the job smaller.",
        )

    async def _ask_in_order(self, task: Task) -> Answer:
        for route in self._request.routes:
            answer = await self._ask(task, route)
            if answer is not None:
                return answer
        return nothing_left(self._left)

    async def _ask(self, task: Task, route: Route) -> Answer | None:
        """Return the answer by one route; None if the next one is to be tried."""
        again = 0
        while True:
            self._say(f"asking {route.target} ({route.reason or 'asked for'})")
            try:
                return await self._asked(task, route)
            except JobFailed as failed:
                self._say(f"{route.target}: {failed.code}: {failed.message}")
                verdict = VERDICTS[failed.code]
                if not verdict.routes_on:
                    raise
                if again >= verdict.again or failed.charged:
                    self._leave(route, failed)
                    return None
            again += 1
            await asyncio.sleep(AGAIN_SECONDS)

    async def _asked(self, task: Task, route: Route) -> Answer:
        try:
            from djobs_llm.asking import ask
            from djobs_llm.pricing import PRICE_VERSION, Prices
        except ImportError as error:
            raise JobFailed(
                Code.NOT_INSTALLED,
                f"{error.name} is not installed; what asks models comes with the extra: "
                "pip install 'djobs[llm]'.",
            ) from error
        self._price_version = PRICE_VERSION
        prices = Prices(self._request.prices, self._request.providers)
        reply = await ask(self._request, task, route, self._meter, prices, self._environ)
        files = write_files(Path(self._request.workspace), reply.files, self._folder / UNDO_FOLDER)
        return Answer(
            outcome="done",
            files=files,
            text=reply.text,
            provider=route.provider,
            model=reply.model,
        )

    def _leave(self, route: Route, failed: JobFailed) -> None:
        self._left.append(
            RouteLeft(
                provider=route.provider,
                model=route.model,
                code=failed.code,
                message=failed.message,
                parked_until_ms=failed.parked_until_ms,
            )
        )
