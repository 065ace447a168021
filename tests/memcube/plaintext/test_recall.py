from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.cube import Form, Payload, Source, State
from memcube.models.embedder import HashEmbedder
from memcube.plaintext.recall import FACT_MARGIN, QUERY_WORDS, Recaller, fold
from memcube.plaintext.words import terms
from memcube.store.index import Hit
from memcube.store.memory import InMemoryRecallIndex
from tests.memcube.store.index_contract import ANA, BEN, DAY, EMBEDDER, MONDAY, FakeStore


class Ears(HashEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.heard += texts
        return super().embed(texts)


class Conversation:
    """Turns and the facts drawn from them, embedded, with a recaller over them."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.embedder = Ears()
        index = InMemoryRecallIndex(
            self.store,  # type: ignore[arg-type]
            EMBEDDER,
            HashEmbedder.dimensions,
            1 << 30,
            analyse=terms,
        )
        self.recaller = Recaller(index, self.embedder)
        self.turns = 0

    def turn(self, text: str, *facts: str, said: datetime = MONDAY, subject: str = ANA) -> None:
        self.turns += 1
        event = f"event-{self.turns}"
        self.put(event, text, event, form=Form.EPISODE, said=said, subject=subject)
        for number, fact in enumerate(facts):
            self.put(f"{event}-{number}", fact, event, form=Form.FACT, said=said, subject=subject)

    def put(self, name: str, text: str, event: str, *, form: Form, said: datetime, subject: str) -> None:
        vector = HashEmbedder().embed([text])[0]
        self.store.say(subject, name, text, vector, form=form, said=said, event=event)

    def ask(self, query: str, limit: int = 5, as_of: datetime | None = None, subject: str = ANA) -> list[str]:
        found = self.recaller.recall(subject, query, limit=limit, as_of=as_of)
        return [memory.text for memory in found.memories]


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def test_a_fact_and_its_own_turn_are_one_result(talk: Conversation) -> None:
    talk.turn("By the way, I moved to Lisbon!", "I moved to Lisbon")
    assert talk.ask("Who moved to Lisbon?") == ["I moved to Lisbon"]


def test_a_turn_that_gave_no_memory_is_still_recalled(talk: Conversation) -> None:
    talk.turn("By the way, I moved to Lisbon!", "I moved to Lisbon")
    talk.turn("The weather in Lisbon, well, hmm")
    assert talk.ask("weather in Lisbon") == ["The weather in Lisbon, well, hmm", "I moved to Lisbon"]


def test_several_facts_of_one_turn_are_results_of_their_own(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon with my cat Momo", "I moved to Lisbon", "I have a cat called Momo in Lisbon")
    found = talk.ask("Lisbon")
    assert set(found) == {"I moved to Lisbon", "I have a cat called Momo in Lisbon"}


def test_a_turn_that_answers_much_better_stands_for_its_facts(talk: Conversation) -> None:
    talk.turn("At the harbour Ben sold me his old sailing boat", "I own a boat")
    assert talk.ask("Who sold the old sailing boat at the harbour?") == [
        "At the harbour Ben sold me his old sailing boat"
    ]


def test_as_many_results_come_as_were_asked_for(talk: Conversation) -> None:
    for number in range(60):
        talk.turn(
            f"Well, on day {number} I walked along the river",
            f"I walked along the river on day {number}",
        )
    assert len(talk.ask("walks along the river", limit=40)) == 40
    assert len(set(talk.ask("walks along the river", limit=100))) == 60
    assert talk.ask("walks along the river", limit=0) == []


def test_a_memory_comes_with_what_vouches_for_it(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon last week", "I moved to Lisbon")
    found = talk.recaller.recall(ANA, "Lisbon", limit=1, as_of=None)
    memory = found.memories[0]
    assert found.sequence == 2
    assert (memory.form, memory.state, memory.version) == (Form.FACT, State.ACTIVE, 1)
    assert (memory.valid_from, memory.valid_to) == (MONDAY, None)
    assert [(source.event_id, source.time) for source in memory.provenance] == [("event-1", MONDAY)]
    assert 0 < memory.score <= 1


def test_what_was_true_then_is_recalled_as_of_then(talk: Conversation) -> None:
    talk.turn("I live in Porto", "I live in Porto")
    porto = next(c.cube for c in talk.store.log[ANA].values() if c.cube.form is Form.FACT)
    talk.store.change(porto, state=State.SUPERSEDED, valid_to=MONDAY + DAY)
    talk.turn("Now I live in Lisbon", "I live in Lisbon", said=MONDAY + DAY)
    assert talk.ask("live", as_of=MONDAY + DAY / 2) == ["I live in Porto"]
    assert talk.ask("live", as_of=MONDAY - DAY) == []
    assert talk.ask("live in")[0] == "I live in Lisbon"


def test_what_was_just_written_is_recalled(talk: Conversation) -> None:
    assert talk.ask("Lisbon") == []
    talk.turn("I moved to Lisbon")
    assert talk.ask("Lisbon") == ["I moved to Lisbon"]
    assert talk.ask("Lisbon", subject=BEN) == []


@pytest.mark.parametrize("query", ["", "  ", "👍", "?!", "\x00"])
def test_a_query_without_a_word_finds_nothing_and_embeds_nothing(talk: Conversation, query: str) -> None:
    talk.turn("I moved to Lisbon")
    found = talk.recaller.recall(ANA, query, limit=5, as_of=None)
    assert (found.memories, found.sequence) == ((), 1)
    assert talk.embedder.heard == []


def test_a_query_of_function_words_is_judged_by_its_vector(talk: Conversation) -> None:
    talk.turn("I am who I am")
    talk.turn("Bicycle repairs")
    assert talk.ask("who am I?")[0] == "I am who I am"


def test_a_query_of_ten_thousand_words_is_cut(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon")
    assert talk.ask("Lisbon " + "river " * 10_000) == ["I moved to Lisbon"]
    assert talk.ask("我们" * 10_000 + " Lisbon") is not None
    assert all(len(query.split()) <= QUERY_WORDS for query in talk.embedder.heard)


def test_a_lone_surrogate_is_no_reason_to_fail(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon")
    assert talk.ask("Lisbon \ud800") == ["I moved to Lisbon"]


def test_a_time_without_offset_is_refused(talk: Conversation) -> None:
    with pytest.raises(ValueError, match="UTC offset"):
        talk.ask("Lisbon", as_of=datetime(2024, 1, 1))  # noqa: DTZ001


def test_every_phase_of_a_recall_is_timed_once(talk: Conversation) -> None:
    phases: list[str] = []

    @contextmanager
    def timed(phase: str) -> Iterator[None]:
        phases.append(phase)
        yield

    index = InMemoryRecallIndex(
        talk.store,  # type: ignore[arg-type]
        EMBEDDER,
        HashEmbedder.dimensions,
        1 << 30,
        analyse=terms,
        timed=timed,
    )
    talk.turn("I moved to Lisbon")
    Recaller(index, talk.embedder, timed=timed).recall(ANA, "Lisbon", limit=5, as_of=None)
    assert phases == ["position", "embedding", "bm25", "vector", "fusion", "folding"]


# --- folding -------------------------------------------------------------------------------------------


def hits_of(parts: list[tuple[Form, tuple[int, ...], float]]) -> list[Hit]:
    store = FakeStore()
    hits = []
    for number, (form, events, score) in enumerate(parts):
        cube = store.say(ANA, str(number), f"text {number}", form=form, event=str(events[0]))
        if form is Form.FACT:
            sources = tuple(Source(str(event), "user", MONDAY) for event in events)
            payload = Payload(text=cube.text, sources=sources)
            cube = store.change(cube, payload=payload)
        hits.append(Hit(cube, score, score, score))
    return hits


ASKED = frozenset({"1", "4", "7", "8"})  # words of some of the texts
scores = st.floats(0, 1).map(lambda score: round(score, 3))
parts = st.lists(
    st.tuples(
        st.sampled_from(Form),
        st.lists(st.integers(0, 4), min_size=1, max_size=2, unique=True).map(tuple),
        scores,
    ),
    max_size=12,
)


def test_a_merged_fact_stands_for_both_its_turns() -> None:
    fact, first, second = hits_of([
        (Form.FACT, (1, 2), 0.5),
        (Form.EPISODE, (1,), 0.6),
        (Form.EPISODE, (2,), 0.55),
    ])  # fmt: skip
    assert fold([first, second, fact]) == [(fact, 0.6)]


def test_within_the_margin_the_fact_is_shown() -> None:
    for above, winner in ((FACT_MARGIN - 0.01, 0), (FACT_MARGIN + 0.01, 1)):
        pair = hits_of([(Form.FACT, (1,), 0.5), (Form.EPISODE, (1,), 0.5 + above)])
        assert fold(pair, frozenset({"1"})) == [(pair[winner], 0.5 + above)]


def test_a_turn_that_holds_no_more_of_the_question_gives_way_to_its_fact() -> None:
    fact, turn = hits_of([(Form.FACT, (1,), 0.4), (Form.EPISODE, (1,), 0.9)])
    assert fold([fact, turn], frozenset({"text"})) == [(fact, 0.9)]
    assert fold([fact, turn], frozenset({"text", "1"})) == [(turn, 0.9)]


@given(parts)
def test_no_turn_stands_beside_its_own_fact(parts: list[tuple[Form, tuple[int, ...], float]]) -> None:
    hits = hits_of(parts)
    results = [hit for hit, _ in fold(hits, ASKED)]
    told = [source.event_id for hit in results if hit.cube.form is Form.FACT for source in hit.cube.sources]
    turned = [hit.cube.sources[0].event_id for hit in results if hit.cube.form is Form.EPISODE]
    assert not set(told) & set(turned)
    assert len(turned) == len(set(turned))
    # Nothing is lost: whatever was a candidate is there, or another result speaks for its event.
    for hit in hits:
        assert hit in results or {source.event_id for source in hit.cube.sources} & {*told, *turned}


@given(parts)
def test_folding_is_ordered_and_keeps_the_best_score(
    parts: list[tuple[Form, tuple[int, ...], float]],
) -> None:
    hits = hits_of(parts)
    results = fold(hits, ASKED)
    assert results == fold(hits[::-1], ASKED)
    assert [score for _, score in results] == sorted((score for _, score in results), reverse=True)
    if hits:
        assert results[0][1] == max(hit.score for hit in hits)
