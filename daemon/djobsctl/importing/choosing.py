"""Which pieces of work come over, and what each of them waits for. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from djobs_protocol.limits import DEPENDENCIES_MAX
from djobsctl.importing.items import TO_DO, UNDONE, Item, Problem, Source, Standing
from djobsctl.importing.waits import Waits


class Wishes(NamedTuple):
    """What is to come over besides what is to be done."""

    done: bool = False
    """Everything that has ended, however it did."""
    deferred: bool = False


class Plan(NamedTuple):
    """What comes over from one source."""

    items: list[Item]
    """Each with all that it waits for, and those before it; none waits for what is not here."""
    problems: list[Problem]
    left: dict[Standing, int]
    """What stays where it is, by its standing."""
    notes: list[str]
    """What is not quite as it is at the source, a sentence each."""
    brought_along: int
    """How many are no work for now, and come because others wait for them."""


def plan(source: Source, wishes: Wishes) -> Plan:
    """Choose, and settle dependencies and parts; what is bad is left out and told."""
    problems = list(source.problems)
    known = _each_once(source.items, problems)
    chosen = {item.id: item for item in _chosen(known, wishes)}
    notes: list[str] = []
    waits = _waits(chosen, known, problems, notes)
    settled = [
        item._replace(needs=waits.of(item.id))
        for item in (chosen[name] for name in waits.in_order(chosen))
    ]
    left: dict[Standing, int] = {}
    for item in known.values():
        if item.id not in chosen:
            left[item.standing] = left.get(item.standing, 0) + 1
    along = sum(not _is_wanted(item.standing, wishes) for item in settled)
    return Plan([*_within_limits(settled, problems)], problems, left, notes, along)


def _each_once(items: Iterable[Item], problems: list[Problem]) -> dict[str, Item]:
    known: dict[str, Item] = {}
    for item in items:
        if item.id in known:
            first = known[item.id]
            where = first.path if first.path != item.path else f"line {first.line}"
            what = f"The id {item.id} is taken already, in {where}."
            problems.append(Problem(item.path, item.line, what, "the later one"))
            continue
        known[item.id] = item
    return known


def _chosen(known: Mapping[str, Item], wishes: Wishes) -> Iterator[Item]:
    """Yield what is to be done, and what keeps it from being done, although that is no work now."""
    wanted = {item.id for item in known.values() if _is_wanted(item.standing, wishes)}
    open_ends = list(wanted)
    while open_ends:
        for need in known[open_ends.pop()].needs:
            if need in known and need not in wanted and known[need].standing in UNDONE:
                wanted.add(need)
                open_ends.append(need)
    return (item for item in known.values() if item.id in wanted)


def _is_wanted(standing: Standing, wishes: Wishes) -> bool:
    if standing is Standing.DEFERRED:
        return wishes.deferred
    return standing in TO_DO or wishes.done


def _waits(
    chosen: Mapping[str, Item],
    known: Mapping[str, Item],
    problems: list[Problem],
    notes: list[str],
) -> Waits:
    """Return who waits for whom.

    First as the source says, then wholes for their parts, then parts for what their wholes wait
    for; the later ones yield where they would close a circle.
    """
    waits = Waits()
    for item in chosen.values():
        for need in item.needs:
            if need not in known:
                what = f"{item.id} depends on {need}, which is not there."
                problems.append(Problem(item.path, item.line, what, "the dependency"))
            elif need in chosen and not waits.add(item.id, need):
                what = f"{item.id} depends on {need}, which waits for {item.id}: a circle."
                problems.append(Problem(item.path, item.line, what, "the dependency"))
    _add_parts(waits, chosen, notes)
    return waits


def _add_parts(waits: Waits, chosen: Mapping[str, Item], notes: list[str]) -> None:
    parts: dict[str, list[str]] = {}
    for item in chosen.values():
        if item.parent in chosen:
            parts.setdefault(str(item.parent), []).append(item.id)
    for whole, of_it in parts.items():
        room = max(0, DEPENDENCIES_MAX - len(waits.of(whole)))
        for part in of_it[:room]:
            waits.add(whole, part)
        if len(of_it) > room:
            notes.append(
                f"{whole} waits for {room} of its {len(of_it)} parts: no job may for more."
            )
    for item in chosen.values():
        for need in (need for above in _ancestors(item, chosen) for need in above.needs):
            if need in chosen and len(waits.of(item.id)) < DEPENDENCIES_MAX:
                waits.add(item.id, need)


def _ancestors(item: Item, chosen: Mapping[str, Item]) -> Iterator[Item]:
    seen = {item.id}
    while item.parent in chosen and item.parent not in seen:
        item = chosen[str(item.parent)]
        seen.add(item.id)
        yield item


def _within_limits(items: Iterable[Item], problems: list[Problem]) -> Iterator[Item]:
    for item in items:
        over = len(item.needs) - DEPENDENCIES_MAX
        if over > 0:
            what = f"{item.id} waits for {len(item.needs)} others, {over} too many."
            problems.append(Problem(item.path, item.line, what, f"{over} dependencies"))
        yield item._replace(needs=item.needs[:DEPENDENCIES_MAX]) if over > 0 else item
