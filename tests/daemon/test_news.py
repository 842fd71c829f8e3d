"""What the store has to say to the daemon that serves it (R6)."""

from types import SimpleNamespace
from typing import cast

from djobs_daemon.app import App, Instance
from djobs_daemon.scheduler.work import Work
from djobs_daemon.storage import News
from djobs_daemon.store.interface import Store
from djobs_local.settings import load


def new_app() -> App:
    instance, store = cast("Instance", SimpleNamespace()), cast("Store", None)
    return App(instance, load("/nonexistent", {}), store)


def test_a_write_that_finds_the_database_gone_does_not_hide_that_its_folder_is() -> None:
    app, news = new_app(), News(Work())
    news.tell(app, lambda: app.request_stop("the state folder was removed or replaced", 71))

    news.hear_replaced()

    assert (app.exit_status, app.stop_reason) == (71, "the state folder was removed or replaced")


def test_a_write_that_finds_only_the_database_gone_stops_the_daemon_for_that() -> None:
    app, news = new_app(), News(Work())
    news.tell(app, lambda: None)

    news.hear_replaced()

    assert (app.exit_status, app.stop_reason) == (65, "db_replaced")


def test_a_database_that_was_gone_before_there_was_a_daemon_to_stop_stops_it() -> None:
    app, news = new_app(), News(Work())
    news.hear_replaced()

    news.tell(app, lambda: None)

    assert app.exit_status == 65
