"""From ``[notify]`` to a notifier; None where nobody wants to be told."""

import os
from collections.abc import Callable, Mapping

from djobs_daemon.app import App
from djobs_daemon.executors import key_file
from djobs_daemon.executors.kinds import Refused
from djobs_daemon.notifying.channels import Channel, Command, Desktop, Undelivered
from djobs_daemon.notifying.notifier import Notifier
from djobs_daemon.notifying.place import NAME, Places
from djobs_daemon.notifying.table import NotifyTable, notify_table


def notifier_of(app: App, environ: Mapping[str, str]) -> Notifier | None:
    """Return who tells people; ``CONFIG_INVALID`` says what is wrong with the settings."""
    table = notify_table(app.settings.tables, app.settings.config_path)
    if not table.tells_anybody:
        return None
    home = app.instance.home
    places = Places(os.path.join(home, NAME), app.store.database)
    return Notifier(app, channels_of(table, home, environ), table.events, places)


def channels_of(table: NotifyTable, home: str, environ: Mapping[str, str]) -> list[Channel]:
    """Return the ways to somebody that are set."""
    found: list[Channel] = []
    if table.desktop:
        found.append(Desktop(environ))
    if table.webhook is not None:
        from djobs_daemon.notifying.webhook import Webhook  # brings ssl, which few daemons need

        found.append(Webhook(table.webhook, secret_of(home, table.webhook_secret)))
    if table.command:
        found.append(Command(table.command, environ))
    return found


def secret_of(home: str, name: str | None) -> Callable[[], str | None]:
    """Return what reads a secret whenever it is needed, so that it may be changed any time."""

    def read() -> str | None:
        if name is None:
            return None
        try:
            keys = key_file.read_keys(home)
        except Refused as refused:
            raise Undelivered(str(refused), may_help=False) from None
        if not keys.get(name):
            raise Undelivered(f"secrets.env has no {name}, to sign with.", may_help=False)
        return keys[name]

    return read
