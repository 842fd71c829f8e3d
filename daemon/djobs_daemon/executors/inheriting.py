"""What is handed over out of a confined run is confined at least as far."""

from dataclasses import replace
from typing import Protocol, runtime_checkable

from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.confining import Wish
from djobs_daemon.queue.inheritance import Inherited, inherited_of, stricter
from djobs_daemon.store.records import JobRow


@runtime_checkable
class Confining(Protocol):
    """An executor that knows how far its work is confined."""

    def confines(self, job: JobRow) -> Inherited:
        """Return what confines the run of a job, as far as it is passed on."""

    def cannot_inherit(self, level: str) -> str:
        """Say why its work cannot be confined at a level; empty where it can."""


def narrowed(wish: Wish, job: JobRow) -> Wish:
    """Return what a type requires, and what the job inherited."""
    inherited = inherited_of(job.sandbox)
    if inherited is None:
        return wish
    level = Level(stricter(wish.level, inherited.level))
    return replace(wish, level=level, hidden=(*wish.hidden, *inherited.hidden))


def passed_on(wish: Wish) -> Inherited:
    """Return what a run that is so confined passes on."""
    return Inherited(wish.level, wish.hidden)
