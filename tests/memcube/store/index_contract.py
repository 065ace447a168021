"""What every recall index must do. An implementation inherits `RecallIndexContract` and makes the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest

from memcube.cube import Decision, Form, Kind, MemCube, Payload, Source, State, cube_id
from memcube.store.index import Asked, Hit, RecallIndex
from memcube.store.record import Change, Vector
from memcube.vectors import TokenVectors
from schemas.subject import Others

DIMENSIONS = 8
EMBEDDER = "fake/8"
DAY = timedelta(days=1)
MONDAY = datetime(2024, 3, 4, 12, tzinfo=UTC)
ANA, BEN = "acme/user:ana", "acme/user:ben"


def axis(*places: int) -> Vector:
    """A vector of norm 1 along these axes."""
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[list(places)] = len(places) ** -0.5
    return vector


def some_vector(seed: int) -> Vector:
    vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


NOWHERE = np.zeros(DIMENSIONS, np.float32)


class FakeStore:
    """The two reads of a `CubeStore` that an index needs, over a list that tests write to."""

    def __init__(self) -> None:
        self.log: dict[str, dict[str, Change]] = {}
        self.seqs: dict[str, int] = {}
        self.reads = 0

    def sequence(self, subject: str) -> int:
        return self.seqs.get(subject, 0)

    def changes(
        self,
        subject: str,
        after: int,
        embedder_id: str,
        *,
        limit: int | None = None,
        vectors_after: int | None = None,
    ) -> tuple[int, Sequence[Change]]:
        assert embedder_id == EMBEDDER
        self.reads += 1
        found = [change for change in self.log.get(subject, {}).values() if change.cube.seq > after]
        page = sorted(found, key=lambda change: change.cube.seq)[:limit]
        return page[-1].cube.seq if len(page) == limit else self.sequence(subject), page

    def say(
        self,
        subject: str,
        name: str,
        text: str,
        vector: Vector | None = None,
        *,
        said: datetime = MONDAY,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
        state: State = State.ACTIVE,
        form: Form = Form.FACT,
        trust: float = 0.5,
        event: str | None = None,
        speaker: str = "user",
        others: Others | None = None,
        tokens: TokenVectors | None = None,
        slot: str | None = None,
    ) -> MemCube:
        """A new cube, or the next version of the one with this name."""
        seq = self.seqs[subject] = self.sequence(subject) + 1
        ident = cube_id(subject, name, form)
        before = self.log.get(subject, {}).get(ident)
        cube = MemCube(
            id=ident,
            subject=subject,
            version=before.cube.version + 1 if before else 1,
            seq=seq,
            kind=Kind.PLAINTEXT,
            form=form,
            state=state,
            valid_from=valid_from or said,
            valid_to=valid_to,
            recorded_at=said,
            payload=Payload(
                text=text,
                sources=(Source(event_id=event or name, speaker=speaker, time=said, others=others),),
                slot=slot,
            ),
            trust=trust,
            pinned=False,
            expires_at=None,
            decision=Decision.ADD,
            reason="said",
            cause=event or name,
            processor="test",
        )
        self.log.setdefault(subject, {})[ident] = Change(cube, vector, tokens)
        return cube

    def known(self, subject: str, name: str, form: Form) -> MemCube | None:
        """The newest version of the cube with this name."""
        found = self.log.get(subject, {}).get(cube_id(subject, name, form))
        return None if found is None else found.cube

    def change(self, cube: MemCube, **fields: object) -> MemCube:
        """The next version of a cube, with other fields and the same vector."""
        subject, newest = cube.subject, self.log[cube.subject][cube.id]
        seq = self.seqs[subject] = self.sequence(subject) + 1
        after = msgspec.structs.replace(newest.cube, seq=seq, version=newest.cube.version + 1, **fields)
        kept = (newest.vector, newest.tokens) if after.payload else (None, None)
        self.log[subject][cube.id] = Change(after, *kept)
        return after

    def erase(self, cube: MemCube) -> MemCube:
        return self.change(cube, state=State.ERASED, payload=None)


class RecallIndexContract:
    """Inherit and define `make_index`."""

    def make_index(self, store: FakeStore) -> RecallIndex:
        raise NotImplementedError

    @pytest.fixture
    def store(self) -> FakeStore:
        return FakeStore()

    @pytest.fixture
    def index(self, store: FakeStore) -> RecallIndex:
        return self.make_index(store)

    @pytest.fixture
    def find(self, index: RecallIndex) -> Callable[..., list[str]]:
        """Refresh, search, and the texts of the hits."""

        def texts(
            query: str,
            vector: Vector = NOWHERE,
            *,
            subject: str = ANA,
            limit: int = 10,
            as_of: datetime | None = None,
            others: Others | None = None,
        ) -> list[str]:
            index.refresh(subject)
            hits = index.search(subject, query, vector, limit=limit, as_of=as_of, others=others)
            check_hits(hits, limit)
            return [hit.cube.text for hit in hits]

        return texts

    def test_a_subject_without_memories_finds_nothing(self, index: RecallIndex) -> None:
        assert index.refresh(ANA) == 0
        assert not index.search(ANA, "anything", axis(0), limit=5, as_of=None)

    def test_a_memory_is_found_by_its_words(self, store: FakeStore, find: Callable[..., list[str]]) -> None:
        store.say(ANA, "1", "I moved to Lisbon", axis(0))
        store.say(ANA, "2", "My cat is called Momo", axis(1))
        assert find("the cats") == ["My cat is called Momo"]

    def test_a_memory_is_found_by_its_vector(self, store: FakeStore, find: Callable[..., list[str]]) -> None:
        store.say(ANA, "1", "I moved to Lisbon", axis(0))
        store.say(ANA, "2", "My cat is called Momo", axis(1))
        assert find("pets", axis(1)) == ["My cat is called Momo"]

    def test_a_memory_without_a_vector_yet_is_found_by_its_words(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        store.say(ANA, "1", "I moved to Lisbon", None)
        assert find("Lisbon", axis(3)) == ["I moved to Lisbon"]

    def test_a_raw_turn_brings_the_facts_drawn_from_it(self, store: FakeStore, index: RecallIndex) -> None:
        fact = store.say(ANA, "1", "I moved to Lisbon", axis(0))
        turn = store.say(ANA, "1", "Well, I moved to Lisbon, what a week!", axis(0, 1), form=Form.EPISODE)
        store.say(ANA, "2", "Lisbon is far", axis(0), form=Form.EPISODE, said=MONDAY + DAY)
        index.refresh(ANA)
        hits = index.search(ANA, "moved to Lisbon", axis(0), limit=10, as_of=None)
        assert (hits[0].cube, hits[0].drawn) == (turn, (fact,))
        assert [hit.drawn for hit in hits[1:]] == [()]

    @pytest.mark.parametrize("state", [State.SUPERSEDED, State.RETRACTED, State.QUARANTINED, State.EXPIRED])
    def test_a_turn_comes_with_what_it_says_that_is_over(
        self, store: FakeStore, index: RecallIndex, state: State
    ) -> None:
        """What only time has ended is not over: nobody has said otherwise."""

        def hit() -> Hit:
            index.refresh(ANA)
            [found] = index.search(ANA, "Porto", axis(0), limit=5, as_of=None)
            return found

        turn = store.say(ANA, "1", "I live in Porto with my cat Momo", axis(0), form=Form.EPISODE)
        porto = store.say(ANA, "home", "Ana lives in Porto", axis(0), event="1")
        cat = store.say(ANA, "cat", "Ana has a cat called Momo", axis(1), event="1")
        assert (hit().cube, {fact.id for fact in hit().drawn}, hit().over) == (turn, {porto.id, cat.id}, ())
        store.change(porto, state=state, valid_to=MONDAY + DAY)
        over = () if state is State.EXPIRED else ("Ana lives in Porto",)
        assert (hit().cube, hit().drawn, hit().over) == (turn, (cat,), over)
        before = index.search(ANA, "Porto", axis(0), limit=5, as_of=MONDAY)
        withdrawn = state in {State.RETRACTED, State.QUARANTINED}
        assert [found.over for found in before] == [over if withdrawn else ()]
        store.change(store.log[ANA][porto.id].cube, state=State.ACTIVE, valid_to=None)
        assert hit().over == ()

    def test_what_was_said_again_is_over_in_each_of_its_turns(
        self, store: FakeStore, index: RecallIndex
    ) -> None:
        for event in ("1", "2"):
            store.say(ANA, event, f"I live in Porto, said {event}", axis(0), form=Form.EPISODE)
        porto = store.say(ANA, "home", "Ana lives in Porto", axis(0), event="1")
        assert porto.payload is not None
        both = (porto.sources[0], Source("2", "user", MONDAY, said="Ana lives in Oporto"))
        edited = store.change(porto, payload=msgspec.structs.replace(porto.payload, sources=both))
        for state, over in (
            (State.ACTIVE, [(), ("Ana lives in Oporto",)]),
            (State.SUPERSEDED, [("Ana lives in Oporto",), ("Ana lives in Porto",)]),
            (State.RETRACTED, [("Ana lives in Oporto",), ("Ana lives in Porto",)]),
        ):
            edited = store.change(edited, state=state, valid_to=None if state is State.ACTIVE else MONDAY)
            index.refresh(ANA)
            hits = index.search(ANA, "Porto", axis(0), limit=5, as_of=None)
            assert sorted(hit.over for hit in hits) == over

    def test_feedback_on_a_fact_moves_each_of_its_turns(self, store: FakeStore, index: RecallIndex) -> None:
        """One that is doubted weighs more than one that is confirmed."""

        def scores() -> dict[str, float]:
            index.refresh(ANA)
            hits = index.search(ANA, "tea", axis(0), limit=5, as_of=None)
            return {hit.cube.sources[0].event_id: hit.score for hit in hits}

        for event in ("1", "2", "3"):
            store.say(ANA, event, "I like green tea", axis(0), form=Form.EPISODE)
        tea = store.say(ANA, "tea", "Ana likes green tea", axis(0), event="1")
        cup = store.say(ANA, "cup", "Ana has a cup", axis(1), event="1")
        assert tea.payload is not None
        both = msgspec.structs.replace(tea.payload, sources=(*tea.sources, Source("2", "user", MONDAY)))
        tea = store.change(tea, payload=both)
        assert len(set(scores().values())) == 1
        tea = store.change(tea, trust=0.9)
        assert scores()["1"] == scores()["2"] > scores()["3"]
        store.change(cup, trust=0.1)
        assert scores()["2"] > scores()["3"] > scores()["1"]

    def test_a_turn_is_found_by_its_neighbours_of_the_same_conversation(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        for day in range(3):
            said = MONDAY + day * DAY
            asked = "Any news of the marathon?" if day == 1 else "Any news of the weather?"
            store.say(ANA, f"{day} asked", asked, axis(day), form=Form.EPISODE, said=said)
            answer = said + timedelta(seconds=20)
            store.say(
                ANA, f"{day} told", f"It went fine on day {day}", axis(7), form=Form.EPISODE, said=answer
            )
        assert find("How did the marathon go?", axis(7), limit=2)[1] == "It went fine on day 1"

    def test_a_memory_is_found_by_words_that_mean_the_same(
        self, store: FakeStore, index: RecallIndex
    ) -> None:
        """Token vectors: the question has no word of the memory, but tokens that are near to some."""
        near, far = np.eye(4, dtype=np.int8)[:2] * 127, np.eye(4, dtype=np.int8)[2:] * 127
        asked = TokenVectors(np.array([900, 901], np.uint16), near)
        for number, vectors in enumerate((far, near)):
            tokens = TokenVectors(np.array([1, 2], np.uint16) + 10 * number, vectors)
            store.say(ANA, str(number), f"words {number}", axis(0), tokens=tokens)
        index.refresh(ANA)
        hits = index.search(ANA, "others", axis(0), limit=2, as_of=None, asked=Asked(asked), explain=True)
        assert [hit.cube.text for hit in hits] == ["words 1", "words 0"]
        assert {signal.name: signal.raw for signal in hits[0].signals}["tokens"] == pytest.approx(1.0)

    def test_a_memory_is_found_by_who_said_it(self, store: FakeStore, index: RecallIndex) -> None:
        for name in ("Caroline", "Melanie", "Ana"):
            store.say(ANA, name, "I love hiking", axis(0), speaker=name)
        index.refresh(ANA)
        best = index.search(ANA, "Does Melanie love hiking?", axis(0), limit=1, as_of=None)[0]
        assert best.cube.sources[0].speaker == "Melanie"

    def test_one_subject_is_never_seen_from_another(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        store.say(ANA, "1", "I moved to Lisbon", axis(0))
        store.say(BEN, "1", "I moved to Porto", axis(0))
        assert find("moved", axis(0), subject=ANA) == ["I moved to Lisbon"]
        assert find("moved", axis(0), subject=BEN) == ["I moved to Porto"]
        assert find("Lisbon", subject=BEN) == []

    # --- filters -------------------------------------------------------------------------------------

    def test_a_filter_leaves_what_was_said_under_its_ids(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        store.say(ANA, "1", "I walk in the morning", others=Others(agent_id="coach", run_id="monday"))
        store.say(ANA, "2", "I walk in the evening", others=Others(agent_id="coach", run_id="tuesday"))
        store.say(ANA, "3", "I walk at night")
        assert len(find("walk")) == 3
        assert find("walk", others=Others(run_id="monday")) == ["I walk in the morning"]
        assert len(find("walk", others=Others(agent_id="coach"))) == 2
        assert find("walk", others=Others(agent_id="cook", run_id="monday")) == []

    def test_a_filter_comes_before_the_limit(self, store: FakeStore, find: Callable[..., list[str]]) -> None:
        for number in range(20):
            store.say(ANA, str(number), "walk walk walk", axis(0))
        store.say(ANA, "mine", "a long walk home by the river", axis(1), others=Others(run_id="r"))
        assert find("walk", axis(0), limit=1, others=Others(run_id="r")) == ["a long walk home by the river"]

    def test_one_source_must_have_all_the_ids(self, store: FakeStore, find: Callable[..., list[str]]) -> None:
        cube = store.say(ANA, "1", "I walk", others=Others(agent_id="coach"))
        assert cube.payload is not None
        again = Source("2", "user", MONDAY, others=Others(run_id="tuesday"))
        payload = msgspec.structs.replace(cube.payload, sources=(*cube.payload.sources, again))
        store.change(cube, payload=payload)
        assert find("walk", others=Others(agent_id="coach")) == ["I walk"]
        assert find("walk", others=Others(run_id="tuesday")) == ["I walk"]
        assert find("walk", others=Others(agent_id="coach", run_id="tuesday")) == []

    def test_a_memory_that_is_gone_or_said_elsewhere_now_leaves_its_ids(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        here, there = Others(run_id="here"), Others(run_id="there")
        cube = store.say(ANA, "1", "I walk", others=here)
        gone = store.say(ANA, "2", "I walk fast", others=here)
        assert len(find("walk", others=here)) == 2
        store.erase(gone)
        assert cube.payload is not None
        source = msgspec.structs.replace(cube.payload.sources[0], others=there)
        store.change(cube, payload=msgspec.structs.replace(cube.payload, sources=(source,)))
        assert find("walk", others=here) == []
        assert find("walk", others=there) == ["I walk"]

    # --- changes -------------------------------------------------------------------------------------

    def test_refresh_sees_what_another_process_wrote(
        self, store: FakeStore, index: RecallIndex, find: Callable[..., list[str]]
    ) -> None:
        assert find("Lisbon") == []
        store.say(ANA, "1", "I moved to Lisbon", axis(0))
        assert not index.search(ANA, "Lisbon", axis(0), limit=5, as_of=None)
        assert index.refresh(ANA) == store.sequence(ANA) == 1
        assert find("Lisbon") == ["I moved to Lisbon"]

    def test_an_edited_memory_is_found_by_its_new_words_only(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        store.say(ANA, "1", "I moved to Lisbon", axis(0))
        assert find("Lisbon")
        store.say(ANA, "1", "I moved to Porto", axis(1))
        assert find("Lisbon") == []
        assert find("pets", axis(0)) == []
        assert find("Porto") == find("town", axis(1)) == ["I moved to Porto"]

    def test_an_erased_memory_is_never_found_again(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        cube = store.say(ANA, "1", "I moved to Lisbon", axis(0))
        assert find("Lisbon")
        store.erase(cube)
        assert find("Lisbon", axis(0)) == find("Lisbon", axis(0), as_of=MONDAY + DAY) == []

    @pytest.mark.parametrize("state", [State.RETRACTED, State.QUARANTINED, State.CANDIDATE, State.MERGED])
    def test_what_was_never_held_true_is_found_at_no_time(
        self, store: FakeStore, find: Callable[..., list[str]], state: State
    ) -> None:
        cube = store.say(ANA, "1", "I moved to Lisbon", axis(0))
        assert find("Lisbon")
        store.change(cube, state=state)
        assert find("Lisbon", axis(0)) == find("Lisbon", axis(0), as_of=MONDAY + DAY) == []
        store.change(cube, state=State.ACTIVE)
        assert find("Lisbon") == ["I moved to Lisbon"]

    @pytest.mark.parametrize("state", [State.SUPERSEDED, State.EXPIRED, State.ARCHIVED])
    def test_what_was_true_is_found_as_of_its_time_only(
        self, store: FakeStore, find: Callable[..., list[str]], state: State
    ) -> None:
        store.say(ANA, "1", "I live in Porto", axis(0), valid_to=MONDAY + 2 * DAY, state=state)
        assert find("Porto", axis(0)) == []
        for moment, found in (
            (-DAY, False),
            (0 * DAY, True),
            (DAY, True),
            (2 * DAY, False),
            (3 * DAY, False),
        ):
            assert bool(find("Porto", axis(0), as_of=MONDAY + moment)) is found, moment

    def test_a_plan_is_known_from_the_day_it_was_told(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        store.say(ANA, "1", "The wedding is on 1 June", axis(0), valid_from=MONDAY + 89 * DAY)
        assert find("wedding", as_of=MONDAY) == ["The wedding is on 1 June"]
        assert find("wedding", as_of=MONDAY - DAY) == []

    def test_what_began_long_ago_was_true_before_it_was_told(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        store.say(ANA, "1", "I have lived in Porto since 1990", axis(0), valid_from=MONDAY - 12_000 * DAY)
        assert find("Porto", as_of=MONDAY - 5_000 * DAY)

    def test_the_limit_cuts_behind_the_best(self, store: FakeStore, find: Callable[..., list[str]]) -> None:
        for number in range(20):
            store.say(ANA, str(number), f"walk {number} by the river", axis(0, 1 + number % 6))
        store.say(ANA, "best", "river", axis(0))
        assert find("river", axis(0), limit=1) == ["river"]
        assert find("river", axis(0), limit=5) == find("river", axis(0), limit=21)[:5]
        assert find("river", axis(0), limit=0) == []

    def test_among_thousands_what_answers_best_is_found(
        self, store: FakeStore, index: RecallIndex, find: Callable[..., list[str]]
    ) -> None:
        """A subject of many memories beside one of three."""
        for number in range(3_000):
            store.say(ANA, str(number), f"walk {number} by the river", some_vector(number))
        store.say(ANA, "words", "a heron stood by the river", some_vector(7))
        store.say(ANA, "vector", "grey birds", axis(0))
        for town in ("Lisbon", "Porto", "Faro"):
            store.say(BEN, town, f"a walk through {town}", axis(1))
        assert find("the heron of the river", axis(0), limit=1) == ["a heron stood by the river"]
        assert "grey birds" in find("heron", axis(0), limit=5_000)
        assert len(find("walk", axis(0), limit=2_000)) == 2_000
        assert len(find("walk", subject=BEN)) == 3

    def test_a_small_subject_beside_a_huge_one_is_answered_as_if_it_were_alone(
        self, store: FakeStore, index: RecallIndex
    ) -> None:
        """20,000 memories take a second here; the same with 200,000 is measured by `bench`."""
        for town in ("Lisbon", "Porto", "Faro"):
            store.say(BEN, town, f"a walk through {town}", axis(1))

        def hits(subject: str, query: str) -> Sequence[Hit]:
            index.refresh(subject)
            return index.search(subject, query, axis(1), limit=5, as_of=None)

        alone = hits(BEN, "a walk through Porto by the river")
        assert [hit.cube.text for hit in alone[:1]] == ["a walk through Porto"]
        for number in range(20_000):
            store.say(ANA, str(number), f"walk {number} by the river", some_vector(number))
        last = store.say(ANA, "heron", "a heron stood by the river", some_vector(7))
        assert hits(ANA, "the heron of the river")[0].cube == last
        assert hits(ANA, "walk 17321")[0].cube.text == "walk 17321 by the river"
        assert hits(BEN, "a walk through Porto by the river") == alone

    def test_equals_come_in_the_order_of_their_ids(self, store: FakeStore, index: RecallIndex) -> None:
        cubes = [store.say(ANA, str(number), "I like tea", axis(0)) for number in range(30)]
        index.refresh(ANA)
        hits = index.search(ANA, "tea", axis(0), limit=7, as_of=None)
        assert [hit.cube.id for hit in hits] == sorted(cube.id for cube in cubes)[:7]

    def test_the_best_of_nothing_scores_low(self, store: FakeStore, index: RecallIndex) -> None:
        for number, town in enumerate(("Lisbon", "Porto", "Faro", "Braga")):
            store.say(ANA, str(number), f"I worked in {town} for a while", axis(number))
        index.refresh(ANA)
        stranger = 0.1 * axis(0) + np.sqrt(0.99) * axis(7)
        good = index.search(ANA, "Porto", axis(1), limit=1, as_of=None)[0].score
        weak = index.search(ANA, "quantum chromodynamics of gluons, while", stranger, limit=1, as_of=None)
        assert good > 0.8
        assert weak
        assert weak[0].score < 0.3

    def test_trust_decides_between_equals_and_not_between_others(
        self, store: FakeStore, find: Callable[..., list[str]]
    ) -> None:
        store.say(ANA, "1", "I like green tea", axis(0), trust=0.1)
        store.say(ANA, "2", "I like black tea", axis(0), trust=0.9)
        assert find("tea", axis(0)) == ["I like black tea", "I like green tea"]
        assert find("green tea", axis(0))[0] == "I like green tea"

    def test_a_forgotten_subject_is_dropped_and_can_be_loaded_again(
        self, store: FakeStore, index: RecallIndex, find: Callable[..., list[str]]
    ) -> None:
        store.say(ANA, "1", "I moved to Lisbon", axis(0))
        assert find("Lisbon")
        index.forget(ANA)
        index.forget(ANA)
        assert find("Lisbon") == ["I moved to Lisbon"]


def check_hits(hits: Sequence[Hit], limit: int) -> None:
    """What holds of every answer."""
    assert len(hits) <= limit
    assert len({hit.cube.id for hit in hits}) == len(hits)
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert list(hits) == sorted(hits, key=lambda hit: (-hit.score, hit.cube.id))
