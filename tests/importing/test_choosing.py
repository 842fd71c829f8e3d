"""What comes over waits for what it waited for, and never in a circle."""

from hypothesis import given, settings
from hypothesis import strategies as st

from djobs_protocol.limits import BATCH_JOBS_MAX, DEPENDENCIES_MAX
from djobsctl.importing.choosing import Plan, Wishes, plan
from djobsctl.importing.items import Item, Standing
from djobsctl.importing.orders import Terms, batches, order, request
from tests.importing.plans import item, source_of

NOTHING_ELSE = Wishes()
EVERYTHING = Wishes(done=True, deferred=True)


def planned(*work: Item, wishes: Wishes = NOTHING_ELSE) -> Plan:
    return plan(source_of(*work), wishes)


def needs(result: Plan) -> dict[str, tuple[str, ...]]:
    return {each.id: each.needs for each in result.items}


def test_what_is_done_stays_and_holds_up_nothing() -> None:
    result = planned(item("a", standing=Standing.DONE), item("b", "a"))
    assert needs(result) == {"b": ()}
    assert result.left == {Standing.DONE: 1}


def test_what_failed_or_was_put_off_comes_along_where_open_work_waits_for_it() -> None:
    result = planned(
        item("failed", standing=Standing.FAILED),
        item("later", "gone", standing=Standing.DEFERRED),
        item("gone", standing=Standing.CANCELLED),
        item("unneeded", standing=Standing.DEFERRED),
        item("open", "failed", "later"),
    )
    assert needs(result) == {
        "failed": (),
        "gone": (),
        "later": ("gone",),
        "open": ("failed", "later"),
    }
    assert (result.brought_along, result.left) == (3, {Standing.DEFERRED: 1})


def test_wishes_bring_the_rest() -> None:
    work = [item(str(each), standing=each) for each in Standing]
    assert len(planned(*work, wishes=EVERYTHING).items) == len(Standing)
    assert [each.id for each in planned(*work, wishes=Wishes(deferred=True)).items] == [
        "open",
        "started",
        "deferred",
    ]


def test_a_whole_waits_for_its_parts_and_they_for_what_it_waits_for() -> None:
    result = planned(item("whole", "x"), item("part", parent="whole"), item("x"))
    assert needs(result) == {"x": (), "part": ("x",), "whole": ("x", "part")}


def test_a_part_that_waits_for_its_whole_is_believed() -> None:
    result = planned(item("whole"), item("part", "whole", parent="whole"))
    assert needs(result) == {"whole": (), "part": ("whole",)}
    assert result.problems == []


def test_parts_of_each_other_end() -> None:
    result = planned(item("a", parent="b"), item("b", parent="a"), item("c", parent="c"))
    assert len(result.items) == 3


def test_a_circle_among_open_work_is_a_problem_and_one_that_is_done_is_none() -> None:
    assert [each.left_out for each in planned(item("a", "b"), item("b", "a")).problems] == [
        "the dependency"
    ]
    done = (item("a", "b", standing=Standing.DONE), item("b", "a", standing=Standing.DONE))
    assert planned(*done).problems == []


def test_an_unknown_dependency_a_second_id_and_too_many_dependencies_are_problems() -> None:
    many = [item(str(number)) for number in range(DEPENDENCIES_MAX + 2)]
    result = planned(
        item("a", "nowhere"), item("a"), *many, item("all", *(each.id for each in many))
    )
    assert len(result.problems) == 3
    assert "nowhere, which is not there" in result.problems[1].what
    assert "2 too many" in result.problems[2].what
    assert len(needs(result)["all"]) == DEPENDENCIES_MAX


def test_a_whole_of_more_parts_than_a_job_may_wait_for_waits_for_as_many_as_it_may() -> None:
    parts = [item(f"part-{number}", parent="whole") for number in range(DEPENDENCIES_MAX + 1)]
    result = planned(item("whole"), *parts)
    assert (len(result.items), result.problems) == (DEPENDENCIES_MAX + 2, [])
    assert len(needs(result)["whole"]) == DEPENDENCIES_MAX
    assert result.notes == ["whole waits for 100 of its 101 parts: no job may for more."]


NAMES = st.sampled_from([f"n{number}" for number in range(12)])
WORK = st.builds(
    item,
    NAMES,
    standing=st.sampled_from(Standing),
    parent=st.none() | NAMES,
    workflow=st.sampled_from([None, "/one", "/two", "three"]),
).flatmap(
    lambda each: st.lists(NAMES, max_size=4).map(lambda named: each._replace(needs=tuple(named)))
)


@settings(max_examples=50)
@given(st.lists(WORK, max_size=12), st.builds(Wishes, st.booleans(), st.booleans()))
def test_whatever_is_written_down_what_is_needed_comes_first(
    work: list[Item], wishes: Wishes
) -> None:
    result = planned(*work, wishes=wishes)
    seen: set[str] = set()
    for each in result.items:
        assert set(each.needs) <= seen, "all that it waits for is before it"
        assert each.id not in seen
        seen.add(each.id)
    assert len(result.items) + sum(result.left.values()) == len({each.id for each in work})


@settings(max_examples=50)
@given(st.lists(WORK, max_size=12))
def test_whatever_is_written_down_open_work_never_starts_before_what_blocked_it(
    work: list[Item],
) -> None:
    source = source_of(*work)
    result = plan(source, NOTHING_ELSE)
    if result.problems:
        return
    chosen = needs(result)
    undone = {each.id for each in source.items if each.standing is not Standing.DONE}
    for each in source.items:
        if each.id in chosen:
            assert set(each.needs) & undone <= set(chosen[each.id])


@settings(max_examples=50)
@given(st.lists(WORK, max_size=12))
def test_every_request_is_of_one_place_and_names_only_what_is_there(work: list[Item]) -> None:
    source = source_of(*work)
    terms = Terms("/home")
    orders = [order(each, source, terms, "digest") for each in plan(source, EVERYTHING).items]
    stored: dict[str, str] = {}
    for batch in batches(orders):
        asked = request(batch, stored)
        assert {each.place.workflow for each in batch} == {asked["correlation_id"]}
        local = {job["graph_key"] for job in asked["jobs"]}
        for job in asked["jobs"]:
            assert set(job.get("depends_on", ())) <= local | set(stored.values())
        stored |= {each.item.id: f"job of {each.item.id}" for each in batch}
    assert len(stored) == len(orders)


def test_a_long_plan_of_one_place_is_as_few_requests_as_it_may_be_in_its_own_order() -> None:
    names = [f"n{number}" for number in range(2 * BATCH_JOBS_MAX + 1)]
    chain = [item(name, *names[max(0, at - 1) : at]) for at, name in enumerate(names)]
    source = source_of(*chain)
    orders = [order(each, source, Terms("/home"), "") for each in plan(source, NOTHING_ELSE).items]
    made = list(batches(orders))
    assert [len(batch) for batch in made] == [BATCH_JOBS_MAX, BATCH_JOBS_MAX, 1]
    assert [each.item.id for batch in made for each in batch] == names
