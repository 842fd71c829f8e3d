"""Loads ``equipment`` when it is time, once, and tells who waits for it."""

from djobs_daemon.app import App


def equip(app: App) -> None:
    """Load what carries requests out, unless it is there. Blocks for as long as that takes.

    Raises what is wrong with the code or the settings; whoever waits is refused then.
    """
    if app.equipped.is_set():
        return
    try:
        from djobs_daemon import equipment  # late on purpose: see there

        equipment.equip(app)
    finally:
        app.equipped.set()
