"""``repair``: which agents' commands no longer work, and what puts them right."""

import os

from djobs_setup.applying import plan_all
from djobs_setup.inspecting import Wired
from djobs_setup.plan import Step
from djobs_setup.probing import Probe, probe
from djobs_setup.wishes import Wish
from djobsctl.talk import Talk
from djobsctl.wiring.choosing import needed_environment


def tried(wired: list[Wired], talk: Talk) -> list[tuple[Wired, Probe]]:
    """Return each entry with how its command answered; the same command is started once."""
    answers: dict[str, Probe] = {}
    for each in wired:
        key = repr((each.command, each.env))
        if key not in answers:
            with talk.waiting(f"Starting what {each.host.title} starts ..."):
                answers[key] = probe(each.command, {**os.environ, **each.env})
    return [(each, answers[repr((each.command, each.env))]) for each in wired]


def mending_steps(broken: list[Wired], words: list[str]) -> list[Step]:
    """Return the steps that give the entries a command that works."""
    env = needed_environment()
    return plan_all(
        Wish(
            (each.host.name,),
            each.scope,
            each.path,
            each.place.kind,
            each.at,
            each.place.shape(words, env),
            each.place.lock,
            force=True,
        )
        for each in broken
    )
