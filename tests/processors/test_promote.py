"""Which blocks are worth building, whose turn it is, and what goes when there is no more room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcube import metrics
from memcube.activation.choice import Candidate
from memcube.activation.usage import Usage
from memcube.activation.usage_changes import Held, UsageShare, Use
from memcube.store.record import Partition
from processors.promote import (
    Leave,
    Policy,
    Present,
    Waiting,
    Want,
    Why,
    decide,
    over,
    room_for,
    turns,
    with_pinned,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Policy(model="m", half_life=3 * DAY, block_tokens=100, disk_bytes=10_000, bytes_per_token=10)


def cube(name: str, heat: float, tokens: int = 10, *, version: int = 1, pinned: bool = False) -> Candidate:
    return Candidate(name, version, tokens, heat, pinned)


def block(*names: str, built: datetime = NOON - 30 * DAY, model: str = "m", current: bool = True) -> Present:
    return Present("block", dict.fromkeys(names, 1), built, 50, 500, model, current=current)


def wanted(*members: Candidate) -> Want:
    value = sum(one.heat * one.tokens for one in members)
    return Want(members, value, 10 * sum(one.tokens for one in members), Why.HOT)


def held(name: str, value: float, nbytes: int = 100) -> Held:
    return Held(name, f"block of {name}", nbytes // 10, nbytes, value, NOON)


def test_what_was_used_once_is_not_worth_a_block() -> None:
    assert decide([cube("a", 1.0)], None, NOON, POLICY) is None


def test_hot_memories_are() -> None:
    decision = decide([cube("a", 3.0), cube("b", 5.0)], None, NOON, POLICY)
    assert isinstance(decision, Want)
    assert [one.cube_id for one in decision.members] == ["b", "a"]
    assert (decision.value, decision.bytes, decision.why) == (80.0, 200, Why.HOT)


def test_a_pinned_memory_alone_is_no_reason_for_a_block() -> None:
    assert decide([cube("a", 0.0, pinned=True)], None, NOON, POLICY) is None


def test_pinned_memories_come_first_once_there_is_a_reason() -> None:
    candidates = [cube("a", 3.0)]
    decision = decide(candidates, None, NOON, POLICY)
    assert isinstance(decision, Want)
    more = with_pinned(decision, [*candidates, cube("p", 0.0, pinned=True)], None, NOON, POLICY)
    assert [one.cube_id for one in more.members] == ["p", "a"]


def test_a_block_of_cold_memories_is_given_up() -> None:
    assert decide([cube("a", 0.1)], block("a"), NOON, POLICY) == Leave(Why.COLD)


def test_a_block_that_was_just_built_by_hand_is_not_cold() -> None:
    fresh = block("a", built=NOON)
    assert decide([cube("a", 0.0)], fresh, NOON, POLICY) is None
    assert decide([cube("a", 0.0)], fresh, NOON + 7 * DAY, POLICY) == Leave(Why.COLD)


def test_a_block_of_another_model_or_of_what_has_changed_is_given_up() -> None:
    assert decide([cube("a", 9.0)], block("a", model="n"), NOON, POLICY) == Leave(Why.OTHER_MODEL)
    assert decide([cube("a", 9.0)], block("a", current=False), NOON, POLICY) == Leave(Why.STALE)


def test_a_block_that_no_disk_holds_is_never_wanted() -> None:
    small = msgspec.structs.replace(POLICY, disk_bytes=90)
    assert decide([cube("a", 9.0)], None, NOON, small) is None


def test_two_memories_used_in_turn_do_not_push_each_other_out() -> None:
    tight = msgspec.structs.replace(POLICY, block_tokens=10)
    present: Present | None = None
    builds = 0
    for turn in range(40):
        heats = {"a": 10.0 + (turn % 2), "b": 10.0 + ((turn + 1) % 2)}
        decision = decide([cube(name, heat) for name, heat in heats.items()], present, NOON, tight)
        if isinstance(decision, Want):
            builds += 1
            present = block(*(one.cube_id for one in decision.members))
    assert builds == 1


def test_one_that_is_clearly_hotter_takes_the_place() -> None:
    tight = msgspec.structs.replace(POLICY, block_tokens=10)
    decision = decide([cube("a", 4.0), cube("b", 9.0)], block("a"), NOON, tight)
    assert isinstance(decision, Want)
    assert [one.cube_id for one in decision.members] == ["b"]


def test_what_saves_least_for_its_bytes_goes() -> None:
    blocks = [held("low", 10.0), held("large", 50.0, 1000), held("high", 90.0)]
    going = room_for(wanted(cube("a", 9.0)), blocks, free=0)
    assert going is not None
    assert [one.subject for one in going] == ["large"]
    assert [one.subject for one in over(blocks, 200)] == ["large"]


def test_what_is_hardly_better_pushes_nothing_out() -> None:
    assert room_for(wanted(cube("a", 1.4)), [held("b", 10.0)], free=0) is None
    assert room_for(wanted(cube("a", 1.6)), [held("b", 10.0)], free=0) is not None


def test_one_tenant_with_many_subjects_does_not_go_first_each_time() -> None:
    many = [Waiting(f"busy/{n}", "busy", NOON + n * timedelta(seconds=1)) for n in range(500)]
    one = Waiting("calm/1", "calm", NOON + DAY)
    assert turns([*many, one], {}, 2) == [many[0], one]
    assert turns([*many, one], {"calm": 7, "busy": 8}, 1) == [one]
    assert turns([*many, one], {"calm": 9, "busy": 8}, 3) == [many[0], one, many[1]]


def test_metrics_know_every_reason() -> None:
    assert {*metrics.PROMOTED, *metrics.DEMOTED} == set(Why)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.floats(0.1, 90)), min_size=1, max_size=30
    ),
    st.floats(0, 50),
    st.integers(0, 300),
)
def test_a_block_that_is_let_in_fits_and_pushes_out_only_what_is_worth_less(
    blocks: list[tuple[str, int, float]], heat: float, free: int
) -> None:
    others = [held(f"{name}{n}", value, 10 + size) for n, (name, size, value) in enumerate(blocks)]
    want = wanted(cube("new", heat))
    going = room_for(want, others, free)
    if going is None:
        return
    assert free + sum(one.bytes for one in going) >= want.bytes
    assert all(one.value / one.bytes < want.value / want.bytes for one in going)


uses = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["a", "b"]), st.integers(0, 5)), min_size=1, max_size=12
)


@given(uses, st.randoms(use_true_random=False), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_recalls_in_any_order_cut_anywhere_and_repeated_give_the_same_heat(
    tmp_path_factory: pytest.TempPathFactory, given_uses: list[tuple[int, str, int]], random: object, cut: int
) -> None:
    told = {number: (name, day) for number, name, day in given_uses}
    once = [
        Use("t/user:a", "t", str(number), (name,), NOON + day * DAY) for number, (name, day) in told.items()
    ]
    again = [*once, *once]
    random.shuffle(again)  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("usage")
    straight = _heats(folder / "straight.sqlite", [once])
    mixed = _heats(folder / "mixed.sqlite", [again[n : n + cut] for n in range(0, len(again), cut)])
    assert mixed == pytest.approx(straight)


def _heats(path: Path, batches: Sequence[Sequence[Use]]) -> dict[str, float]:
    usage = Usage(path)
    part = Partition("promote", "c", "t", "memory.recalls", 0)
    for n, batch in enumerate(batches):
        share = UsageShare(part, n, n + 1, NOON + 5 * DAY, 3 * DAY, tuple(batch), (), (), (), ())
        assert usage.commit([share]) == frozenset()
    found = {name: heat.as_of(NOON + 9 * DAY, 3 * DAY) for name, heat in usage.heats("t/user:a").items()}
    usage.close()
    return found
