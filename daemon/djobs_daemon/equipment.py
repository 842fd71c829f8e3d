"""The half of a daemon that carries requests out: loaded when it serves already, then put together.

A client that has started a daemon waits for its ``ready``, and an editor for the answer to its
handshake, which needs the store and nothing else. Everything a request may need beside that is as
much code again, so it is loaded right after, before the first request is carried out (see
``App.answer``); importing this module is loading it.
"""

import os
from collections.abc import Mapping
from functools import cache, partial

from djobs_daemon.app import App
from djobs_daemon.executors.catalog import executors
from djobs_daemon.executors.dispatcher import Dispatcher
from djobs_daemon.executors.kinds import Executor, Surroundings
from djobs_daemon.executors.metering import Metered
from djobs_daemon.executors.runs import Runs
from djobs_daemon.executors.treasury import Treasury
from djobs_daemon.executors.verifier import Verifier
from djobs_daemon.holders import give_back_what_the_dead_hold
from djobs_daemon.local_zone import local_zone
from djobs_daemon.queue.budget_table import budget_table
from djobs_daemon.queue.zones import zone_of
from djobs_daemon.rpc.dispatch import dispatch

RUNS_FOLDER = "runs"
"""In the daemon's folder: one for each attempt of what it runs."""


def equip(app: App) -> None:
    """Give the daemon what answers requests, what runs work, and what runs the checks of work."""
    around = Surroundings(
        app.instance.id,
        app.instance.home,
        app.settings.db_path,
        dict(os.environ),
        app.work.clock.wall,
    )
    runs = Runs(os.path.join(app.instance.home, RUNS_FOLDER))
    kinds = executors(app.settings.tables, app.settings.config_path)
    at_once, problems = app.settings.executor_jobs_max, app.problems
    verifier = Verifier(app.store, app.work, runs, kinds, around, at_once, problems)
    verifier.on_refused = partial(give_back_what_the_dead_hold, app)
    app.verifier = verifier
    app.dispatcher = Dispatcher(
        app.store, app.work, runs, kinds, around, at_once, problems, verifier, _treasury(app, kinds)
    )
    app.act = partial(dispatch, app)


def _treasury(app: App, kinds: Mapping[str, Executor]) -> Treasury:
    """Return who keeps to ``[budgets]``; the zone is found when a budget first asks for a day."""
    return Treasury(
        budget_table(app.settings.tables, app.settings.config_path),
        cache(lambda: zone_of(local_zone())),
        frozenset(name for name, each in kinds.items() if isinstance(each, Metered)),
    )
